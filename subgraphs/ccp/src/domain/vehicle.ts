import { hasAnyRole, ownsVehicle } from '@chargegraph/identity';
import { IdentifierError, parsePcid, wmiOf, type Pcid } from '@chargegraph/iso15118';
import { checkValidity, parseCertificate, verifyChain, type Certificate } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import type { Namespace } from './contract.ts';
import type { Refused } from './installation.ts';
import type { Vehicle } from './other-pools.ts';
import type { Work } from './work.ts';

/** A car that asks, with the certificate it sent. */
export interface IdentifiedVehicle {
  readonly pcid: Pcid;
  /** As the request holds it. */
  readonly certificate: Certificate;
  /** As PCP holds it. */
  readonly vehicle: Vehicle;
}

const unknown: Refused = {
  outcome: 'NO_CONTRACT',
  reason: 'No car with this provisioning certificate is known.',
};
const chainError = (reason: string): Refused => ({ outcome: 'CHAIN_ERROR', reason });

/** Finds the car that sent a certificate in PCP: its id is the certificate's common name. */
export async function identifyVehicle(
  { caller, pools }: Work,
  der: Uint8Array,
  namespace: Namespace,
): Promise<IdentifiedVehicle | Refused> {
  const certificate = readable(() => parseCertificate(der));
  if (certificate === undefined) return chainError("The request's certificate cannot be read.");
  const pcid = pcidOf(certificate);
  if (pcid === undefined) return unknown;
  const vehicle = await pools.vehicle(pcid, namespace);
  // Decided after asking, so that a foreign car takes as long as an unknown one.
  const mayAsk = hasAnyRole(caller, ['CPO']) || ownsVehicle(caller, wmiOf(pcid));
  return vehicle !== undefined && mayAsk ? { pcid, certificate, vehicle } : unknown;
}

/**
 * Checks the certificate that a car sent: the key that PCP holds for the car, dates as of now, and the chain
 * through PCP's sub-CAs up to the root that PCP names and RCP holds.
 *
 * @returns the refusal; undefined if it holds
 */
export function verifyVehicleCertificate(
  certificate: Certificate,
  vehicle: Vehicle,
  at: Date,
): Refused | undefined {
  const sameKey = readable(() => certificate.publicKey.equals(vehicle.certificate.publicKey)) ?? false;
  if (!sameKey)
    return chainError("The request's certificate has another key than the car's provisioning certificate.");
  if (checkValidity(certificate, at) === 'EXPIRED')
    return { outcome: 'EXPIRED', reason: "The car's certificate has ended." };
  if (vehicle.root === undefined) {
    return chainError("The root of the car's certificate is not in the root certificate pool.");
  }
  const verdict = verifyChain({
    leaf: certificate,
    intermediates: vehicle.subCas,
    roots: [vehicle.root],
    at,
  });
  if (verdict.valid) return undefined;
  return { outcome: verdict.reason === 'EXPIRED' ? 'EXPIRED' : 'CHAIN_ERROR', reason: verdict.message };
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ChargeGraphError && error.code === 'CERTIFICATE_INVALID') return undefined;
    throw error;
  }
}

function pcidOf({ commonName }: Certificate): Pcid | undefined {
  try {
    return commonName === undefined ? undefined : parsePcid(commonName);
  } catch (error) {
    if (error instanceof IdentifierError) return undefined;
    throw error;
  }
}
