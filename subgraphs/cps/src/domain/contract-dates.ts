import { contractLifetime, type Certificate } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import type { ContractCa } from './contract-ca.ts';
import { underHeldRoot } from './held-chain.ts';
import { isInDates, chainEnd } from './signer.ts';

/** When a generated contract certificate is to be valid. */
export interface ContractDates {
  readonly contractBegins: Date;
  readonly contractEnds: Date;
}

const day = 86_400_000;

const refuse = (field: keyof ContractDates, message: string) =>
  new ChargeGraphError('BAD_INPUT', message, { path: [field] });

/**
 * Refuses dates that no contract certificate may have (OPCP 1.0, generate/signedContractData; ISO 15118-2 annex F).
 *
 * @throws ChargeGraphError BAD_INPUT naming the field
 */
export function requireContractDates({ contractBegins, contractEnds }: ContractDates, now: Date): void {
  if (contractEnds <= now) throw refuse('contractEnds', 'The given contractEnds date is in the past.');
  const days = (contractEnds.getTime() - contractBegins.getTime()) / day;
  const { minimum, maximum } = contractLifetime;
  if (days <= 0) throw refuse('contractEnds', 'The contract ends before it begins.');
  if (days >= minimum && days <= maximum) return;
  throw refuse(
    'contractEnds',
    `A contract certificate is valid for ${String(minimum)} to ${String(maximum)} days.`,
  );
}

/**
 * The CAs that are not retired and whose chain is in its dates, each under the root that the root pool holds for it: one
 * that names the operator before those for all, then the one whose chain lasts longest.
 *
 * @param cas those of the namespace that issue the operator's contracts
 * @param roots the MO and V2G roots that the root pool holds now
 */
export function contractCasInQuestion(
  cas: readonly ContractCa[],
  roots: readonly Certificate[],
  now: Date,
): ContractCa[] {
  return cas
    .filter((ca) => ca.retirement === undefined)
    .flatMap((ca) => underHeldRoot(ca, roots, now) ?? [])
    .filter((ca) => isInDates(ca, now))
    .sort(byPreference);
}

/**
 * Chooses the CA that issues: the first whose dates hold the contract's.
 *
 * @param usable those that {@link contractCasInQuestion} gave, without those that are revoked
 * @throws ChargeGraphError SIGNER_UNAVAILABLE when there is none now; BAD_INPUT when every one's dates are narrower
 *   than the contract's
 */
export function chooseContractCa(usable: readonly ContractCa[], dates: ContractDates): ContractCa {
  const [best] = usable;
  if (best === undefined) {
    throw new ChargeGraphError('SIGNER_UNAVAILABLE', 'There is no CA that can issue this contract now.');
  }
  const fitting = usable.find(
    ({ certificate, ...rest }) =>
      certificate.notBefore <= dates.contractBegins &&
      dates.contractEnds <= chainEnd({ certificate, ...rest }),
  );
  if (fitting !== undefined) return fitting;
  const latest = new Date(Math.max(...usable.map((ca) => chainEnd(ca).getTime())));
  if (dates.contractEnds > latest) {
    const message = `The contract would outlast the CA that issues it, which ends on ${latest.toISOString()}.`;
    throw refuse('contractEnds', message);
  }
  throw refuse('contractBegins', 'The contract would begin before the CA that issues it.');
}

const byPreference = (a: ContractCa, b: ContractCa): number =>
  Number(b.providerIds.length > 0) - Number(a.providerIds.length > 0) ||
  chainEnd(b).getTime() - chainEnd(a).getTime() ||
  (a.certificate.fingerprint < b.certificate.fingerprint ? -1 : 1);
