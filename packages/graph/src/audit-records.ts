import type { AuditFilter, AuditLog, AuditOrder, SealedRecord } from '@chargegraph/audit';
import {
  pageRequest,
  toConnection,
  type Connection,
  type ConnectionArguments,
  type KeyShape,
} from './connection.ts';

/** Arguments of a pool's audit field (`AuditRecordFilter` in the schema). */
export interface AuditArguments extends ConnectionArguments {
  readonly where?: { readonly [Name in keyof AuditFilter]?: AuditFilter[Name] | null } | null | undefined;
  readonly orderBy?: AuditOrder | null | undefined;
}

/** A place in a chain. */
const positionKey: KeyShape = (text) => /^[1-9]\d{0,17}$/.test(text);

/**
 * Resolves a pool's audit field: a page of its sealed records, newest first unless asked otherwise. Who may is said by `@access`.
 *
 * @throws ChargeGraphError BAD_INPUT naming the argument
 */
export async function auditRecords(log: AuditLog, args: AuditArguments): Promise<Connection<SealedRecord>> {
  const { where } = args;
  const filter: AuditFilter = {
    clientId: where?.clientId ?? undefined,
    object: where?.object ?? undefined,
    action: where?.action ?? undefined,
    outcome: where?.outcome ?? undefined,
    from: where?.from ?? undefined,
    before: where?.before ?? undefined,
  };
  const page = pageRequest(args, [positionKey]);
  return toConnection(
    page,
    await log.page(filter, args.orderBy ?? 'POSITION_DESC', page),
    ({ position }) => [position],
    () => log.count(filter),
  );
}
