import type { RootCertificateId } from '@chargegraph/iso15118';
import { sameDistinguishedName } from '@chargegraph/pki';
import type { Logger } from '@chargegraph/service';
import type { NamedRoot, SignedContractData } from './contract.ts';
import type { TrustedRoots } from './other-pools.ts';
import type { Refused } from './refusals.ts';

/** What decides which variant a car can be given. */
export interface VariantQuestion {
  /** The roots that the car can verify a provisioning service's signature with. */
  readonly listed: readonly RootCertificateId[];
  /** The roots that RCP holds now. */
  readonly trusted: TrustedRoots;
  /** When it is delivered. */
  readonly at: Date;
}

/**
 * Chooses the variant that a car can verify: one whose V2G root it lists, in the order of its list, whose roots RCP
 * still holds and whose chains are within their dates now.
 */
export function chooseVariant(
  variants: readonly SignedContractData[],
  { listed, trusted, at }: VariantQuestion,
): SignedContractData | Refused {
  const matching = listed.flatMap((root) => variants.filter(({ v2gRoot }) => isNamed(v2gRoot, root)));
  const usable = matching.find((data) => isTrusted(data, trusted) && isCurrent(data, at));
  return usable ?? { cause: 'UNAVAILABLE', reason: whyNone(matching, trusted, at) };
}

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

/** Whether RCP still holds both roots: a V2G root for the provisioning service, an MO or V2G root for the contract. */
export function isTrusted(
  { v2gRoot, contractRootFingerprint }: SignedContractData,
  { v2g, mo }: TrustedRoots,
) {
  return (
    v2g.has(v2gRoot.fingerprint) && (v2g.has(contractRootFingerprint) || mo.has(contractRootFingerprint))
  );
}

const isCurrent = ({ beginsAt, endsAt }: SignedContractData, now: Date) => beginsAt <= now && now < endsAt;

function whyNone([first]: readonly SignedContractData[], trusted: TrustedRoots, now: Date): string {
  if (first === undefined) return "The car's contract is not signed under any V2G root that the car lists.";
  if (!isTrusted(first, trusted)) {
    return "A root of the car's contract is no longer in the root certificate pool.";
  }
  return now < first.beginsAt
    ? `The car's contract begins on ${first.beginsAt.toISOString()}.`
    : `The chain of the car's contract or of its signature ended on ${first.endsAt.toISOString()}.`;
}
