import type { StoredChains, Step } from '@chargegraph/cleansing';
import type { Database } from '@chargegraph/database';
import { parseCertificate } from '@chargegraph/pki';
import type { SignerKey } from '../domain/signer.ts';

/** A signer or contract CA. */
export interface ChainPlace extends SignerKey {
  readonly kind: 'CA' | 'SIGNER';
}

const own = (kind: ChainPlace['kind'], table: string) =>
  `SELECT '${kind}' AS kind, fingerprint, namespace, der, sub_cas, root_der, ends_at FROM ${table}`;
const all = `(${own('CA', 'contract_ca')} UNION ALL ${own('SIGNER', 'cps_signer')}) chains`;

/** The signers and contract CAs with their chains, for asking about them; in PostgreSQL. */
export function createStoredChains(database: Database): StoredChains<ChainPlace> {
  return {
    async page(after, limit, now) {
      const rows = await database.query<ChainPlace & { readonly hasEnded: boolean }>(
        `SELECT kind, fingerprint, namespace, coalesce(ends_at <= $1, false) AS "hasEnded" FROM ${all}
          WHERE $2::text IS NULL OR (kind, fingerprint, namespace) > ($2, $3::text, $4::namespace)
          ORDER BY kind, fingerprint, namespace LIMIT $5`,
        [now, after?.kind ?? null, after?.fingerprint ?? null, after?.namespace ?? null, limit],
      );
      // They are few, and what is above each is read with it.
      return rows.map(({ hasEnded, ...place }) => ({
        ...{ place, hasEnded, fingerprint: place.fingerprint },
        family: place.fingerprint,
      }));
    },

    async read(places) {
      const rows = await database.query<{
        readonly der: Uint8Array;
        readonly subCas: readonly Uint8Array[];
        readonly rootDer: Uint8Array;
      }>(
        `SELECT der, sub_cas AS "subCas", root_der AS "rootDer" FROM ${all}
          WHERE (kind, fingerprint) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
        [places.map(({ kind }) => kind), places.map(({ fingerprint }) => fingerprint)],
      );
      return rows.map(({ der, subCas, rootDer }) => [
        [der, ...subCas, rootDer].map((octets) => parseCertificate(octets)),
      ]);
    },
  };
}

/** Counts the signers of which a certificate of the chain has ended: they are history and stay, and are never chosen. */
export function countEndedSigners(database: Database): Step {
  return async ({ tally, clock }) => {
    const [row] = await database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM cps_signer WHERE ends_at <= $1',
      [clock.now()],
    );
    tally.endedSigners = row?.count ?? 0;
  };
}
