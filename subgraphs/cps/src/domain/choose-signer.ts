import type { Certificate } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import { underHeldRoot } from './held-chain.ts';
import { isInDates, type Signer } from './signer.ts';

/** What signers can be chosen from. */
export interface SignersInQuestion {
  /** Those of the namespace. */
  readonly signers: readonly Signer[];
  /** The V2G roots that the root pool holds now. */
  readonly v2gRoots: readonly Certificate[];
  readonly now: Date;
  /** Fingerprint of the V2G root that was asked for. */
  readonly requestedRoot?: string | undefined;
}

/** What decides who signs. */
export interface SignerChoice {
  /** Those that {@link signersInQuestion} gave, without those that are revoked. */
  readonly candidates: readonly Signer[];
  /** Fingerprint of the default signer's V2G root. */
  readonly defaultRoot: string | undefined;
  /** Fingerprint of the V2G root that was asked for. */
  readonly requestedRoot?: string | undefined;
  /** Key identifiers of the V2G roots installed in the car, in any spelling of hexadecimal octets. */
  readonly installedRoots: readonly string[];
}

/** Who may sign: the signers in question, the best one first. */
export type UsableSigners = readonly [Signer, ...Signer[]];

/**
 * The signers that are not retired and whose chain is in its dates, the default one first, then the one that ends last.
 * A signer's root is the one that the root pool holds for it now.
 */
export function signersInQuestion({ signers, v2gRoots, now, requestedRoot }: SignersInQuestion): Signer[] {
  return signers
    .flatMap((signer) => underHeldRoot(signer, v2gRoots, now, requestedRoot) ?? [])
    .filter(({ retirement }) => retirement === undefined)
    .filter((signer) => isInDates(signer, now))
    .sort(byPreference);
}

/** The V2G root of the default signer, under the certificate of it that the root pool holds, if it holds one. */
export function defaultRootOf(
  signers: readonly Signer[],
  v2gRoots: readonly Certificate[],
  { now, requestedRoot }: Pick<SignersInQuestion, 'now' | 'requestedRoot'>,
): string | undefined {
  const stored = signers.find(({ isDefault }) => isDefault);
  if (stored === undefined) return undefined;
  return (underHeldRoot(stored, v2gRoots, now, requestedRoot) ?? stored).root.fingerprint;
}

/**
 * Chooses the V2G root (the one asked for, else one installed in the car, else the default signer's) and gives the
 * candidates under it.
 *
 * @throws ChargeGraphError SIGNER_UNAVAILABLE
 */
export function chooseSigners(choice: SignerChoice): UsableSigners {
  const { candidates, requestedRoot } = choice;
  const installed = new Set(choice.installedRoots.map(normaliseKeyIdentifier));
  const root =
    requestedRoot ??
    candidates.find(({ root }) => installed.has(normaliseKeyIdentifier(root.subjectKeyIdentifier ?? '')))
      ?.root.fingerprint ??
    choice.defaultRoot;
  const [best, ...others] = candidates.filter((signer) => signer.root.fingerprint === root);
  if (best === undefined) throw unavailable(requestedRoot !== undefined);
  return [best, ...others];
}

const byPreference = (a: Signer, b: Signer): number =>
  Number(b.isDefault) - Number(a.isDefault) ||
  b.certificate.notAfter.getTime() - a.certificate.notAfter.getTime() ||
  (a.certificate.fingerprint < b.certificate.fingerprint ? -1 : 1);

const normaliseKeyIdentifier = (identifier: string) => identifier.replaceAll(':', '').toLowerCase();

const unavailable = (requested: boolean) =>
  requested
    ? new ChargeGraphError(
        'SIGNER_UNAVAILABLE',
        'The provisioning service has no signer under that V2G root now.',
        {
          path: ['v2gRootFingerprint'],
        },
      )
    : new ChargeGraphError('SIGNER_UNAVAILABLE', 'The provisioning service has no signer that can sign now.');
