import type { RootCertificateId } from '@chargegraph/iso15118';
import { sameDistinguishedName } from '@chargegraph/pki';
import type { Clock, Logger } from '@chargegraph/service';
import type { NamedRoot, SignedContractData } from './contract.ts';
import type { Refused } from './installation.ts';

const noContract = (reason: string): Refused => ({ outcome: 'NO_CONTRACT', reason });

/**
 * Chooses the variant that a car can verify: one whose V2G root it lists, in the order of its list, and whose
 * chains hold now. Entries of the list that match no variant are logged.
 */
export function chooseVariant(
  { clock, logger }: { readonly clock: Clock; readonly logger: Pick<Logger, 'info'> },
  variants: readonly SignedContractData[],
  listed: readonly RootCertificateId[],
): SignedContractData | Refused {
  const usable: SignedContractData[] = [];
  for (const { x509IssuerName, x509SerialNumber } of listed) {
    const matching = variants.filter(({ v2gRoot }) => isNamed(v2gRoot, x509IssuerName, x509SerialNumber));
    if (matching.length === 0) {
      logger.info(
        { issuerName: x509IssuerName, serialNumber: x509SerialNumber.toString() },
        'no contract data for a root that a car lists',
      );
    }
    usable.push(...matching);
  }
  const [first] = usable;
  if (first === undefined)
    return noContract("The car's contract is not signed under any V2G root that the car lists.");
  const now = clock.now();
  return usable.find((data) => isCurrent(data, now)) ?? noContract(whyNotCurrent(first, now));
}

/** A serial number is an integer and a name a set of attributes: neither compares as text (RFC 4518). */
function isNamed(root: NamedRoot, issuerName: string, serialNumber: bigint): boolean {
  return root.serialNumber === serialNumber && sameDistinguishedName(root.subject, issuerName);
}

const isCurrent = ({ beginsAt, endsAt }: SignedContractData, now: Date) => beginsAt <= now && now < endsAt;

function whyNotCurrent({ beginsAt, endsAt }: SignedContractData, now: Date): string {
  return now < beginsAt
    ? `The car's contract begins on ${beginsAt.toISOString()}.`
    : `The chain of the car's contract or of its signature ended on ${endsAt.toISOString()}.`;
}
