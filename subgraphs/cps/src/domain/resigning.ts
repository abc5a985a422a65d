import type { Act } from '@chargegraph/audit';
import { chainEnd, isInDates, type Signer, type SignerKey } from './signer.ts';
import type { SigningKey } from './signing-result.ts';

/** What was signed by a signer that ends. */
export interface SignedContract {
  readonly key: SigningKey;
  /** The CertificateInstallationRes in EXI. */
  readonly exi: Uint8Array;
  /** The same signed anew, as it was kept before the contract pool was given it. */
  readonly next: { readonly exi: Uint8Array; readonly signerFingerprint: string } | undefined;
}

/** What a look at signed data came to when it was not signed anew. */
export interface Settlement {
  /**
   * NOT_NEEDED: the contract ends before its signer. ABSENT: the contract pool does not hold it. REFUSED: the contract
   * pool would not take it. FAILED: something did not answer.
   */
  readonly outcome: 'NOT_NEEDED' | 'ABSENT' | 'REFUSED' | 'FAILED';
  readonly detail?: string;
  /** When to look again. */
  readonly dueAt: Date | 'never';
}

/** How far re-signing is for one signer. */
export interface ResigningProgress {
  readonly open: number;
  readonly refused: number;
  readonly lastRefusal: string | undefined;
}

/** Where the job's progress is kept: beside what was signed. Whatever was signed anew meanwhile is left alone. */
export interface ResigningStore {
  /**
   * Up to `limit` that are due, those never looked at first; of a signer that is retired also those that needed no
   * other one as long as it was not.
   */
  due(signer: SignerKey, isRetired: boolean, now: Date, limit: number): Promise<SignedContract[]>;
  /**
   * Keeps what takes the place of `contract`; false when something else took it already, or somebody else has kept
   * something for it since it was read.
   */
  keepNext(contract: SignedContract, next: NonNullable<SignedContract['next']>): Promise<boolean>;
  /** Puts what the contract pool now holds in the place of `contract`, and records it. */
  promote(
    contract: SignedContract,
    next: NonNullable<SignedContract['next']>,
    act: Act,
    now: Date,
  ): Promise<void>;
  settle(contract: SignedContract, settlement: Settlement): Promise<void>;
  progress(signer: SignerKey): Promise<ResigningProgress>;
}

/** When a signer ends: with its chain, or when it was retired. A contract that ends before needs no other signer. */
export function endOf(signer: Signer): Date {
  const end = chainEnd(signer);
  const retired = signer.retirement?.at;
  return retired !== undefined && retired < end ? retired : end;
}

/** The signers that are retired, or whose chain ends before `horizon`. */
export function endingSigners(signers: readonly Signer[], horizon: Date): Signer[] {
  return signers.filter((signer) => endOf(signer) < horizon);
}

/**
 * Who signs anew what a signer signed: under the same V2G root, in its dates, not retired, and lasting longer than a
 * signer that was not retired; of several the one that lasts longest.
 *
 * @param signers those whose V2G root the root pool holds, under the one that it holds now
 */
export function successorOf(signer: Signer, signers: readonly Signer[], now: Date): Signer | undefined {
  const present = signers.find(
    ({ certificate, namespace }) =>
      certificate.fingerprint === signer.certificate.fingerprint && namespace === signer.namespace,
  );
  if (present === undefined) return undefined;
  const root = present.root.fingerprint;
  return signers
    .filter(
      (other) =>
        other.retirement === undefined &&
        other.certificate.fingerprint !== signer.certificate.fingerprint &&
        other.namespace === signer.namespace &&
        other.root.fingerprint === root &&
        isInDates(other, now) &&
        (signer.retirement !== undefined || chainEnd(other) > chainEnd(present)),
    )
    .sort(
      (a, b) => chainEnd(b).getTime() - chainEnd(a).getTime() || Number(b.isDefault) - Number(a.isDefault),
    )[0];
}
