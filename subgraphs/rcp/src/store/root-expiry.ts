import type { Database } from '@chargegraph/database';
import { asOfOneMoment, countEnds, countRevoked } from '@chargegraph/expiry';
import type { RootExpiry, RootKind } from '../domain/root-expiry.ts';
import type { RootType } from '../domain/root-certificates.ts';

const kinds: readonly (readonly [RootType, RootKind])[] = [
  ['V2G', 'V2G_ROOT'],
  ['OEM', 'OEM_ROOT'],
  ['MO', 'MO_ROOT'],
  ['PE', 'PE_ROOT'],
];

/** Counts the roots in PostgreSQL. */
export function createRootExpiry(database: Database): RootExpiry {
  return (question) =>
    asOfOneMoment(database, async (tx) => {
      const counted = [];
      for (const [type, kind] of kinds) {
        const rows = { table: 'root_certificate', where: `type = '${type}'` };
        counted.push({
          kind,
          ...(await countEnds(tx, { ...rows, end: 'not_after' }, question)),
          revoked: await countRevoked(tx, { ...rows, fingerprint: 'fingerprint' }),
          // A root is its own.
          invalidChain: 0,
        });
      }
      return counted;
    });
}
