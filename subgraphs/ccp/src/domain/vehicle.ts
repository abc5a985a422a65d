import { hasAnyRole } from '@chargegraph/identity';
import { IdentifierError, parsePcid, type Pcid } from '@chargegraph/iso15118';
import {
  checkProfile,
  checkValidity,
  parseCertificate,
  verifyChain,
  type Certificate,
  type ChainQuestion,
  type ProfileOptions,
  type ProfileStrictness,
  type ValidChain,
} from '@chargegraph/pki';
import { inDatesFirst, type RootSet } from '@chargegraph/trust';
import type { Namespace } from './contract.ts';
import { editionOf } from './edition.ts';
import type { Vehicle } from './other-pools.ts';
import { readable } from './readable.ts';
import type { Refused } from './refusals.ts';
import { revocationRefusal } from './revoked-data.ts';
import type { Work } from './work.ts';

/** A car whose request is its own. */
export interface IdentifiedVehicle {
  readonly pcid: Pcid;
  /** The roots that RCP holds, asked for together with the car. */
  readonly trusted: RootSet;
}

/** What a car's request shows of who sent it. */
export interface CarCredentials {
  readonly namespace: Namespace;
  /** The provisioning certificate in the request, DER. */
  readonly certificate: Uint8Array;
  /** Whether the request's signature is that of a certificate's key. */
  readonly isSignedBy: (certificate: Certificate) => boolean;
}

const unknown: Refused = {
  cause: 'UNKNOWN',
  reason: 'No car with this provisioning certificate is known.',
};
const chainError = (reason: string): Refused => ({ cause: 'CHAIN', reason });

/**
 * Finds the car that sent a request and makes sure that it did. In this order, the first failing step answers: is the
 * car known to PCP by its certificate's common name (and, for a car maker, its own: a foreign car reads as unknown);
 * does the certificate hold; does the signature; is anything of the certificate's chain revoked.
 */
export async function identifyVehicle(
  { caller, pools, clock, strictness, revocation }: Work,
  { namespace, certificate: der, isSignedBy }: CarCredentials,
): Promise<IdentifiedVehicle | Refused> {
  const certificate = readable(() => parseCertificate(der));
  if (certificate === undefined) return chainError("The request's certificate cannot be read.");
  const pcid = pcidOf(certificate);
  if (pcid === undefined) return unknown;
  // PCP itself answers a car maker for a foreign car as for an unknown one: with the same work.
  const asked = hasAnyRole(caller, ['CPO'])
    ? pools.vehicle(pcid, namespace)
    : pools.vehicleOfMaker(caller, pcid, namespace);
  const [vehicle, trusted] = await Promise.all([asked, pools.roots.current()]);
  if (vehicle === undefined) return unknown;
  const chain = verifyVehicleCertificate(certificate, vehicle, {
    edition: editionOf(namespace),
    profile: strictness.profile,
    trusted,
    at: clock.now(),
  });
  if ('cause' in chain) return chain;
  if (!isSignedBy(certificate)) return badSignature;
  return revocationRefusal(await revocation.judge(chain.path)) ?? { pcid, trusted };
}

/** The refusal of a request whose digest or signature does not hold. */
export const badSignature: Refused = {
  cause: 'SIGNATURE',
  reason: "The request's signature does not hold.",
};

/**
 * Checks the certificate that a car sent: the key that PCP holds for the car, dates as of now, the hard rules of its
 * profile, the chain through PCP's sub-CAs up to a root that RCP holds for cars, and, where the profile is
 * strict, the rest of it.
 *
 * @returns its chain, or the refusal
 */
function verifyVehicleCertificate(
  certificate: Certificate,
  vehicle: Vehicle,
  {
    edition,
    profile,
    trusted,
    at,
  }: { edition: '-2' | '-20'; profile: ProfileStrictness; trusted: RootSet; at: Date },
): ValidChain | Refused {
  const sameKey = readable(() => certificate.publicKey.equals(vehicle.certificate.publicKey)) ?? false;
  if (!sameKey)
    return chainError("The request's certificate has another key than the car's provisioning certificate.");
  if (checkValidity(certificate, at) === 'EXPIRED')
    return { cause: 'EXPIRED', reason: "The car's certificate has ended." };
  const departure = hardFinding(certificate, { edition });
  if (departure !== undefined) return chainError(`The car's certificate: ${departure}`);
  const chain = verifiedChain({
    leaf: certificate,
    intermediates: vehicle.subCas,
    roots: trusted.of('OEM', 'V2G'),
    at,
  });
  if ('cause' in chain) return chain;
  const [, issuer] = chain.path;
  const warning = hardFinding(certificate, { edition, profile, ...(issuer && { issuer }) });
  return warning === undefined ? chain : chainError(`The car's certificate: ${warning}`);
}

/**
 * The chain of a certificate in a request, or its refusal: what has ended is the certificate itself, never what is
 * above it.
 */
export function verifiedChain(
  question: Omit<ChainQuestion, 'roots'> & { readonly roots: readonly Certificate[] },
): ValidChain | Refused {
  const { leaf, roots, at } = question;
  const verdict = verifyChain({ ...question, roots: inDatesFirst(roots, at) });
  if (verdict.valid) return verdict;
  const { reason, message } = verdict;
  if (reason === 'NOT_YET_VALID') return { cause: reason, reason: message };
  return { cause: checkValidity(leaf, at) === 'EXPIRED' ? 'EXPIRED' : 'CHAIN', reason: message };
}

/** How a car's certificate breaks its profile; undefined when it does not. */
function hardFinding(certificate: Certificate, options: ProfileOptions): string | undefined {
  const findings = readable(() => checkProfile(certificate, 'OEM_LEAF', options));
  if (findings === undefined) return 'it cannot be read.';
  return findings.find(({ severity }) => severity === 'hard')?.message;
}

function pcidOf({ commonName }: Certificate): Pcid | undefined {
  try {
    return commonName === undefined ? undefined : parsePcid(commonName);
  } catch (error) {
    if (error instanceof IdentifierError) return undefined;
    throw error;
  }
}
