import type { RevocationFinding } from '@chargegraph/revocation';
import { deliverable, type VariantQuestion } from './choose-variant.ts';
import type { SignedContractData } from './contract.ts';
import { presentChains } from './present-chains.ts';
import type { Refused } from './refusals.ts';
import { storedFingerprints } from './response-certificates.ts';
import type { Work } from './work.ts';

/**
 * Judges, all at once, the data that a car could be given: the contract's chain and the provisioning service's.
 *
 * @returns why, in a sentence, of the data that it cannot be given for its revocation
 */
export async function refusedData(
  work: Pick<Work, 'revocation'>,
  variants: readonly SignedContractData[],
  question: VariantQuestion,
): Promise<ReadonlyMap<SignedContractData, string>> {
  const { trusted, at } = question;
  const judged = await Promise.all(
    deliverable(variants, question).map(async (data) => {
      const finding = await judgeData(work, data, trusted, at);
      return finding === undefined ? [] : [[data, finding.message] as const];
    }),
  );
  return new Map(judged.flat());
}

/**
 * Judges both chains of stored data.
 *
 * @returns the refusal, the contract's own chain's first; undefined when neither is refused
 */
export async function judgeData(
  { revocation }: Pick<Work, 'revocation'>,
  data: SignedContractData,
  trusted: VariantQuestion['trusted'],
  at: Date,
): Promise<Extract<RevocationFinding, { accepted: false }> | undefined> {
  // Reading the certificates takes a while: only where memory alone does not say that they are good.
  if (revocation.policy === 'off' || revocation.isClear(storedFingerprints(data))) return undefined;
  const { contract, cps } = presentChains(data, trusted, at);
  const paths = [contract, cps].flatMap(({ path }) => (path === undefined ? [] : [path]));
  const findings = await Promise.all(paths.map((path) => revocation.judge(path)));
  return findings.find((finding) => !finding.accepted);
}

/** The refusal of a request for its certificate's revocation: REVOKED is only what is itself. */
export function revocationRefusal(finding: RevocationFinding): Refused | undefined {
  if (finding.accepted) return undefined;
  const [own] = finding.statuses;
  return { cause: own?.status === 'REVOKED' ? 'REVOKED' : 'CHAIN', reason: finding.message };
}
