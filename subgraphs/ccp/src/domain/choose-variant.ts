import type { RootCertificateId } from '@chargegraph/iso15118';
import { sameDistinguishedName } from '@chargegraph/pki';
import type { Logger } from '@chargegraph/service';
import type { RootSet } from '@chargegraph/trust';
import type { NamedRoot, SignedContractData } from './contract.ts';
import { presentChains } from './present-chains.ts';
import type { Refused } from './refusals.ts';

/** What decides which variant a car can be given. */
export interface VariantQuestion {
  /** The roots that the car can verify a provisioning service's signature with. */
  readonly listed: readonly RootCertificateId[];
  /** The roots that RCP holds now. */
  readonly trusted: RootSet;
  /** When it is delivered. */
  readonly at: Date;
  /** Of data that cannot be given to anybody now, why: {@link refusedData}. */
  readonly refused?: ReadonlyMap<SignedContractData, string>;
  /** How the chains of stored data are found; {@link presentChains} unless given. */
  readonly chains?: typeof presentChains;
}

/**
 * Chooses the variant that a car can verify: one whose V2G root it lists, in the order of its list, whose chains are
 * within their dates now, end at roots that RCP holds, and are not refused.
 */
export function chooseVariant(
  variants: readonly SignedContractData[],
  question: VariantQuestion,
): SignedContractData | Refused {
  const matching = listedVariants(variants, question);
  const [first] = matching;
  if (first === undefined) {
    const reason = "The car's contract is not signed under any V2G root that the car lists.";
    return { cause: 'UNAVAILABLE', reason };
  }
  const { refused } = question;
  const failure = (data: SignedContractData) => whyNot(data, question) ?? refused?.get(data);
  const usable = matching.find((data) => failure(data) === undefined);
  return usable ?? { cause: 'UNAVAILABLE', reason: failure(first) ?? '' };
}

/** The variants that a car could be given as far as its list, dates and roots go, each once. */
export const deliverable = (
  variants: readonly SignedContractData[],
  question: VariantQuestion,
): SignedContractData[] =>
  [...new Set(listedVariants(variants, question))].filter((data) => whyNot(data, question) === undefined);

/** Those whose V2G root the car lists, in the order of its list. */
const listedVariants = (
  variants: readonly SignedContractData[],
  question: VariantQuestion,
): SignedContractData[] =>
  question.listed.flatMap((root) =>
    variants.filter((data) => isNamed(data.v2gRoot, root) || isRenewedAs(data, root, question)),
  );

/** Logs which entries of a car's list name the root of no variant. */
export function logUnmatchedRoots(
  logger: Pick<Logger, 'info'>,
  variants: readonly SignedContractData[],
  listed: readonly RootCertificateId[],
): void {
  for (const root of listed) {
    if (variants.some(({ v2gRoot }) => isNamed(v2gRoot, root))) continue;
    logger.info(
      { issuerName: root.x509IssuerName, serialNumber: root.x509SerialNumber.toString() },
      'no contract data for a root that a car lists',
    );
  }
}

/** A serial number is an integer and a name a set of attributes: neither compares as text (RFC 4518). */
function isNamed(root: NamedRoot, { x509IssuerName, x509SerialNumber }: RootCertificateId): boolean {
  return root.serialNumber === x509SerialNumber && sameDistinguishedName(root.subject, x509IssuerName);
}

/** Whether RCP holds, for the provisioning service's chain, a renewed certificate of the data's V2G root of this name. */
function isRenewedAs(data: SignedContractData, named: RootCertificateId, question: VariantQuestion): boolean {
  const { v2gRoot } = data;
  const mayBe = question.trusted
    .of('V2G')
    .some(
      (root) =>
        root.fingerprint !== v2gRoot.fingerprint &&
        isNamed(root, named) &&
        sameDistinguishedName(root.subject, v2gRoot.subject),
    );
  if (!mayBe) return false;
  const { root } = chainsOf(data, question).cps;
  return root !== undefined && isNamed(root, named);
}

/** Why data cannot be given to a car now for its dates or roots; undefined when it can. */
function whyNot(data: SignedContractData, question: VariantQuestion): string | undefined {
  const { v2gRoot, contractRootFingerprint, beginsAt, endsAt } = data;
  const { trusted, at } = question;
  if (at < beginsAt) return `The car's contract begins on ${beginsAt.toISOString()}.`;
  const isTrusted =
    trusted.has(v2gRoot.fingerprint, 'V2G') && trusted.has(contractRootFingerprint, 'MO', 'V2G');
  if (isTrusted && at < endsAt) return undefined;
  // The roots it was stored with are gone or have ended: renewed ones may be there.
  const { certificates, contract, cps } = chainsOf(data, question);
  if (contract.root === undefined || cps.root === undefined) {
    return "A root of the car's contract is no longer in the root certificate pool.";
  }
  const ends = [...certificates, contract.root, cps.root].map(({ notAfter }) => notAfter.getTime());
  const end = new Date(Math.min(...ends));
  if (at < end) return undefined;
  return `The chain of the car's contract or of its signature ended on ${end.toISOString()}.`;
}

/** Read off the data, which takes a while: only where what is stored beside it does not do. */
const chainsOf = (data: SignedContractData, { trusted, at, chains = presentChains }: VariantQuestion) =>
  chains(data, trusted, at);
