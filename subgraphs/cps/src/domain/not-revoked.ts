import type { Certificate } from '@chargegraph/pki';
import type { OperationRevocation } from '@chargegraph/revocation';
import { chainOf } from './signer.ts';

/** Judges verified chains. */
export type Judge = Pick<OperationRevocation, 'judge'>;

/** Those of several signers or CAs of whose chains nothing is revoked, in their order; they are judged at once. */
export async function notRevoked<
  T extends {
    readonly certificate: Certificate;
    readonly subCas: readonly Certificate[];
    readonly root: Certificate;
  },
>(chained: readonly T[], { judge }: Judge): Promise<T[]> {
  const findings = await Promise.all(chained.map((each) => judge(chainOf(each))));
  return chained.filter((_, index) => findings[index]?.accepted === true);
}
