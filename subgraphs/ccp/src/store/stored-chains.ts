import { setImmediate as othersTurn } from 'node:timers/promises';
import type { StoredChains } from '@chargegraph/cleansing';
import type { Database } from '@chargegraph/database';
import { parseCertificate, type Certificate } from '@chargegraph/pki';
import type { DataKey } from '../domain/fill-ends.ts';
import { storedCertificates } from '../domain/response-certificates.ts';
import { dataKeyColumns, dataKeyParams } from './cleansing-transaction.ts';
import { dataColumns, toSignedData, type DataRow } from './rows.ts';

const order = 'd.emaid_key, d.namespace, d.v2g_root_fingerprint';

/** All contract data with both of its chains, for asking about them; in PostgreSQL. */
export function createStoredChains(database: Database): StoredChains<DataKey> {
  return {
    async page(after, limit, now) {
      const rows = await database.query<
        DataKey & { readonly fingerprint: string; readonly hasEnded: boolean; readonly family: string }
      >(
        `SELECT ${dataKeyColumns}, d.contract_fingerprint AS fingerprint,
                coalesce(d.contract_not_after <= $1, false) AS "hasEnded",
                concat_ws(' ', left(d.emaid_key, 5), d.namespace, d.contract_root_fingerprint,
                          coalesce(d.signer_fingerprint, d.v2g_root_fingerprint)) AS family
           FROM signed_contract_data d
          WHERE $2::text IS NULL OR (${order}) > ($2, $3::namespace, $4::text)
          ORDER BY ${order} LIMIT $5`,
        [now, after?.emaidKey ?? null, after?.namespace ?? null, after?.v2gRootFingerprint ?? null, limit],
      );
      return rows.map(({ emaidKey, namespace, v2gRootFingerprint, ...leaf }) => ({
        place: { emaidKey, namespace, v2gRootFingerprint },
        ...leaf,
      }));
    },

    async read(places) {
      const rows = await database.query<DataRow & { readonly emaidKey: string }>(
        `SELECT d.emaid_key AS "emaidKey", ${dataColumns} FROM signed_contract_data d
          WHERE (${order}) IN (SELECT * FROM unnest($1::text[], $2::namespace[], $3::text[]))`,
        dataKeyParams(places),
      );
      const roots = await knownRoots(
        database,
        rows.flatMap((row) => [row.contractRootFingerprint, row.v2gRootFingerprint]),
      );
      const read: (Certificate[][] | Error)[] = [];
      for (const row of rows) {
        read.push(pathsOf(row, roots));
        // Reading a message takes the thread for a millisecond or two: requests go between.
        await othersTurn();
      }
      return read;
    },
  };
}

/** The messages do not hold the roots: of one that RCP does not hold any more, nothing hangs that could be asked. */
async function knownRoots(
  database: Database,
  fingerprints: readonly string[],
): Promise<ReadonlyMap<string, Certificate>> {
  const rows = await database.query<{ fingerprint: string; der: Uint8Array }>(
    'SELECT fingerprint, der FROM trusted_root WHERE fingerprint = ANY ($1::text[])',
    [[...new Set(fingerprints)]],
  );
  return new Map(rows.map(({ fingerprint, der }) => [fingerprint, parseCertificate(der)]));
}

function pathsOf(
  row: DataRow & { readonly emaidKey: string },
  roots: ReadonlyMap<string, Certificate>,
): Certificate[][] | Error {
  const known = (fingerprint: string): readonly Certificate[] => {
    const root = roots.get(fingerprint);
    return root === undefined ? [] : [root];
  };
  try {
    const { contract, contractSubCas, cps, cpsSubCas } = storedCertificates(toSignedData(row.emaidKey, row));
    return [
      [contract, ...contractSubCas, ...known(row.contractRootFingerprint)],
      [cps, ...cpsSubCas, ...known(row.v2gRootFingerprint)],
    ];
  } catch (cause) {
    return new Error(`The data of the contract ${row.emaidKey} cannot be read.`, { cause });
  }
}
