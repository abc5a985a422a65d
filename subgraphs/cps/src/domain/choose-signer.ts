import { ChargeGraphError } from '@chargegraph/service';
import { isInDates, type Signer } from './signer.ts';

/** What decides who signs. */
export interface SignerChoice {
  /** Those of the namespace. */
  readonly signers: readonly Signer[];
  /** Fingerprints of the V2G roots that the root pool holds now. */
  readonly v2gRoots: ReadonlySet<string>;
  readonly now: Date;
  /** Fingerprint of the V2G root that was asked for. */
  readonly requestedRoot?: string | undefined;
  /** Key identifiers of the V2G roots installed in the car, in any spelling of hexadecimal octets. */
  readonly installedRoots: readonly string[];
}

/** Who may sign: the signers in question, the best one first. */
export type UsableSigners = readonly [Signer, ...Signer[]];

/**
 * Chooses the V2G root (the one asked for, else one installed in the car, else the default signer's) and gives the
 * signers under it that are not retired and whose chain is in its dates: the default one first, then the one that ends last.
 *
 * @throws ChargeGraphError SIGNER_UNAVAILABLE
 */
export function chooseSigners(choice: SignerChoice): UsableSigners {
  const { signers, v2gRoots, now, requestedRoot } = choice;
  const installed = new Set(choice.installedRoots.map(normaliseKeyIdentifier));
  const usable = signers
    .filter(({ root }) => v2gRoots.has(root.fingerprint))
    .filter(({ retirement }) => retirement === undefined)
    .filter((signer) => isInDates(signer, now))
    .sort(byPreference);
  const root =
    requestedRoot ??
    usable.find(({ root }) => installed.has(normaliseKeyIdentifier(root.subjectKeyIdentifier ?? '')))?.root
      .fingerprint ??
    signers.find(({ isDefault }) => isDefault)?.root.fingerprint;
  const [best, ...others] = usable.filter((signer) => signer.root.fingerprint === root);
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
