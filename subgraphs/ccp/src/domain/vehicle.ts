import { hasAnyRole } from '@chargegraph/identity';
import { IdentifierError, parsePcid, type Pcid } from '@chargegraph/iso15118';
import {
  checkProfile,
  checkValidity,
  parseCertificate,
  verifyChain,
  type Certificate,
  type ChainQuestion,
  type ValidChain,
} from '@chargegraph/pki';
import type { Namespace } from './contract.ts';
import { editionOf } from './edition.ts';
import type { TrustedRoots, Vehicle } from './other-pools.ts';
import { readable } from './readable.ts';
import type { Refused } from './refusals.ts';
import type { Work } from './work.ts';

/** A car whose request is its own. */
export interface IdentifiedVehicle {
  readonly pcid: Pcid;
  /** The roots that RCP holds, asked for together with the car. */
  readonly trusted: TrustedRoots;
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
 * does the certificate hold; does the signature.
 */
export async function identifyVehicle(
  { caller, pools, clock }: Work,
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
  const [vehicle, trusted] = await Promise.all([asked, pools.trustedRoots()]);
  if (vehicle === undefined) return unknown;
  const refused = verifyVehicleCertificate(certificate, vehicle, namespace, clock.now());
  if (refused !== undefined) return refused;
  return isSignedBy(certificate) ? { pcid, trusted } : badSignature;
}

/** The refusal of a request whose digest or signature does not hold. */
export const badSignature: Refused = {
  cause: 'SIGNATURE',
  reason: "The request's signature does not hold.",
};

/**
 * Checks the certificate that a car sent: the key that PCP holds for the car, dates as of now, its profile, and the
 * chain through PCP's sub-CAs up to the root that PCP names and RCP holds.
 *
 * @returns the refusal; undefined if it holds
 */
function verifyVehicleCertificate(
  certificate: Certificate,
  vehicle: Vehicle,
  namespace: Namespace,
  at: Date,
): Refused | undefined {
  const sameKey = readable(() => certificate.publicKey.equals(vehicle.certificate.publicKey)) ?? false;
  if (!sameKey)
    return chainError("The request's certificate has another key than the car's provisioning certificate.");
  if (checkValidity(certificate, at) === 'EXPIRED')
    return { cause: 'EXPIRED', reason: "The car's certificate has ended." };
  if (vehicle.root === undefined) {
    return chainError("The root of the car's certificate is not in the root certificate pool.");
  }
  const finding = hardFinding(certificate, namespace);
  if (finding !== undefined) return chainError(`The car's certificate: ${finding}`);
  const chain = verifiedChain({
    leaf: certificate,
    intermediates: vehicle.subCas,
    roots: [vehicle.root],
    at,
  });
  return 'cause' in chain ? chain : undefined;
}

/** The chain of a certificate in a request, or its refusal. */
export function verifiedChain(question: ChainQuestion): ValidChain | Refused {
  const verdict = verifyChain(question);
  if (verdict.valid) return verdict;
  const { reason, message } = verdict;
  return { cause: reason === 'EXPIRED' || reason === 'NOT_YET_VALID' ? reason : 'CHAIN', reason: message };
}

function hardFinding(certificate: Certificate, namespace: Namespace): string | undefined {
  const findings = readable(() => checkProfile(certificate, 'OEM_LEAF', { edition: editionOf(namespace) }));
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
