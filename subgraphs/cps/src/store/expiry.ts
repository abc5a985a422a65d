import type { Database, SqlRunner } from '@chargegraph/database';
import { asOfOneMoment, countEnds, countRevoked, type ExpiryQuestion } from '@chargegraph/expiry';
import type { ContractCaStore } from '../domain/contract-ca.ts';
import type { ChainedCounts } from '../domain/expiry.ts';
import type { SignerStore } from '../domain/signer.ts';

const where = 'retired_at IS NULL';

async function countsOf(db: Pick<SqlRunner, 'query'>, table: string, question: ExpiryQuestion) {
  const ends = await countEnds(db, { table, where, end: 'ends_at' }, question);
  return { ...ends, revoked: await countRevoked(db, { table, where, fingerprint: 'fingerprint' }) };
}

/** Counts signers and CAs in PostgreSQL; both are few. */
export function createChainedCounts(
  database: Database,
  stores: { readonly signers: SignerStore; readonly contractCas: ContractCaStore },
): ChainedCounts {
  return {
    counts: (question) =>
      asOfOneMoment(database, async (tx) => ({
        signers: await countsOf(tx, 'cps_signer', question),
        contractCas: await countsOf(tx, 'contract_ca', question),
      })),
    signers: async () => (await stores.signers.all()).filter(({ retirement }) => retirement === undefined),
    contractCas: () => stores.contractCas.inUse(),
  };
}
