import type { Database } from '@chargegraph/database';
import DataLoader from 'dataloader';
import type {
  ProvisioningCertificate,
  ProvisioningStore,
  VehicleKey,
} from '../domain/provisioning-certificate.ts';
import { changeRows, lockCars } from './change-rows.ts';
import { countMatching, readPage } from './provisioning-list.ts';
import { columns, toProvisioningCertificate, type Row } from './row.ts';

/** The provisioning certificates in PostgreSQL. */
export function createProvisioningStore({
  database,
  onEvent,
}: {
  readonly database: Database;
  /** Called after each commit that brought an event. */
  readonly onEvent: () => void;
}): ProvisioningStore {
  // For all operations together, since it keeps nothing.
  const byKey = new DataLoader<VehicleKey, ProvisioningCertificate | undefined>(
    (keys) => readByKeys(database, keys),
    { cache: false, maxBatchSize: 1_000 },
  );
  return {
    find: (key) => byKey.load(key),

    async exists(pcid) {
      const sql = 'SELECT EXISTS (SELECT FROM provisioning_certificate WHERE pcid = $1) AS found';
      const [row] = await database.query<{ found: boolean }>(sql, [pcid]);
      return row?.found === true;
    },

    change: (pcid, decide, writing) =>
      database.transaction(async (tx) => {
        await lockCars(tx, [pcid]);
        const stored = await tx.query<Row>(
          `SELECT ${columns} FROM provisioning_certificate WHERE pcid = $1 ORDER BY namespace`,
          [pcid],
        );
        const before = stored.map(toProvisioningCertificate);
        const changes = decide(before);
        if (changes.length > 0) tx.afterCommit(onEvent);
        return await changeRows(tx, { pcid, before }, changes, writing);
      }),

    page: (filter, order, page) => readPage(database, filter, order, page),
    count: (filter) => countMatching(database, filter),
  };
}

/** Reads by key, in the order of the keys. */
async function readByKeys(
  database: Database,
  keys: readonly VehicleKey[],
): Promise<(ProvisioningCertificate | undefined)[]> {
  const rows = await database.queryPrepared<Row>(
    `SELECT ${columns} FROM provisioning_certificate
       JOIN unnest($1::text[], $2::namespace[]) AS wanted (pcid, namespace) USING (pcid, namespace)`,
    [keys.map(({ pcid }) => pcid), keys.map(({ namespace }) => namespace)],
  );
  const found = new Map(rows.map((row) => [`${row.namespace} ${row.pcid}`, row]));
  return keys.map(({ namespace, pcid }) => {
    const row = found.get(`${namespace} ${pcid}`);
    return row === undefined ? undefined : toProvisioningCertificate(row);
  });
}
