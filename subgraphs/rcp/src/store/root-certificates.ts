import { recordWrite } from '@chargegraph/audit';
import type { Database } from '@chargegraph/database';
import { appendEvent } from '@chargegraph/events';
import { ChargeGraphError } from '@chargegraph/service';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import { rootFacts } from '../domain/departure.ts';
import type { RootFilter, RootStore } from '../domain/root-certificates.ts';
import { rootColumns as columns, toRoot, type RootRow as Row } from './row.ts';

/** The roots in PostgreSQL. */
export function createRootStore({
  database,
  prisma,
  onEvent,
}: {
  readonly database: Database;
  readonly prisma: PrismaClient;
  /** Called after each commit that brought an event. */
  readonly onEvent: () => void;
}): RootStore {
  return {
    async find(fingerprint) {
      const row = await prisma.rootCertificate.findUnique({ where: { fingerprint } });
      return row === null ? undefined : toRoot(row);
    },

    async page(filter, order, page) {
      const { where, params } = conditions(filter);
      const column = order.by === 'addedAt' ? 'added_at' : 'not_after';
      const descending = order.descending !== page.backward;
      if (page.from !== undefined) {
        params.push(...page.from);
        const [instant, fingerprint] = [`$${params.length - 1}::timestamptz`, `$${params.length}`];
        where.push(`(${column}, fingerprint) ${descending ? '<' : '>'} (${instant}, ${fingerprint})`);
      }
      const direction = descending ? 'DESC' : 'ASC';
      params.push(page.limit + 1);
      const rows = await database.query<Row>(
        `SELECT ${columns} FROM root_certificate WHERE ${where.join(' AND ')}
         ORDER BY ${column} ${direction}, fingerprint ${direction} LIMIT $${params.length}`,
        params,
      );
      return rows.map(toRoot);
    },

    async count(filter) {
      const { where, params } = conditions(filter);
      const rows = await database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM root_certificate WHERE ${where.join(' AND ')}`,
        params,
      );
      return rows[0]?.count ?? 0;
    },

    add: (root, act) =>
      database.transaction(async (tx) => {
        const { certificate, type, addedAt } = root;
        const inserted = await tx.execute(
          `INSERT INTO root_certificate
             (fingerprint, type, der, subject, issuer, serial_number, subject_key_identifier, not_before, not_after, added_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (fingerprint) DO NOTHING`,
          [
            certificate.fingerprint,
            type,
            certificate.der,
            certificate.subject,
            certificate.issuer,
            certificate.serialNumber.toString(),
            certificate.subjectKeyIdentifier ?? null,
            certificate.notBefore,
            certificate.notAfter,
            addedAt,
          ],
        );
        if (inserted === 1) {
          await appendEvent(tx, {
            type: 'ROOT_CERT_ADDED',
            occurredAt: addedAt,
            facts: rootFacts(root),
          });
          await recordWrite(tx, {
            act,
            action: 'addRootCertificate',
            object: `RootCertificate ${certificate.fingerprint}`,
            occurredAt: addedAt,
          });
          tx.afterCommit(onEvent);
          return root;
        }
        const rows = await tx.query<Row>(`SELECT ${columns} FROM root_certificate WHERE fingerprint = $1`, [
          certificate.fingerprint,
        ]);
        if (rows[0] === undefined) {
          throw new ChargeGraphError('CONFLICT', 'The root was removed at the same moment: add it again.', {
            path: ['certificate'],
          });
        }
        return toRoot(rows[0]);
      }),

    remove: ({ fingerprint, reason, at }, act) =>
      database.transaction(async (tx) => {
        const [row] = await tx.query<Row>(
          `DELETE FROM root_certificate WHERE fingerprint = $1 RETURNING ${columns}`,
          [fingerprint],
        );
        if (row === undefined) return undefined;
        const removed = toRoot(row);
        await appendEvent(tx, {
          type: 'ROOT_CERT_REMOVED',
          occurredAt: at,
          facts: { ...rootFacts(removed), reason },
        });
        const object = `RootCertificate ${fingerprint}`;
        await recordWrite(tx, { act, action: 'removeRootCertificate', object, occurredAt: at });
        tx.afterCommit(onEvent);
        return removed;
      }),
  };
}

function conditions(filter: RootFilter): { where: string[]; params: unknown[] } {
  const { types, fingerprints, subjectKeyIdentifiers, expiringBefore, expiring } = filter;
  const where = ['true'];
  const params: unknown[] = [];
  if (types !== undefined) where.push(`type = ANY ($${params.push(types)}::root_type[])`);
  if (fingerprints !== undefined) where.push(`fingerprint = ANY ($${params.push(fingerprints)})`);
  if (subjectKeyIdentifiers !== undefined)
    where.push(`subject_key_identifier = ANY ($${params.push(subjectKeyIdentifiers)})`);
  if (expiringBefore !== undefined) where.push(`not_after < $${params.push(expiringBefore)}`);
  if (expiring !== undefined) {
    where.push(`not_after > $${params.push(expiring.after)}`, `not_after <= $${params.push(expiring.until)}`);
  }
  return { where, params };
}
