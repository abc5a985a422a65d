import { ChargeGraphError } from '@chargegraph/service';
import { parseEmaid, parsePcid, wmiOf } from '@chargegraph/iso15118';
import type { Contract } from './contract.ts';
import { checkDigitWarnings } from './data-warnings.ts';
import type { Vehicle } from './other-pools.ts';
import { contractNotFound } from './own-contract.ts';
import { readSignedData, type OfferedData } from './read-signed-data.ts';
import { requireMayPublish } from './rights.ts';
import { renewContract, storeContract, type ContractOffer } from './store-contract.ts';
import { badSignedData } from './signed-data-refusal.ts';
import { verifyChains } from './verify-chains.ts';
import { doing, type Work } from './work.ts';

/**
 * Adds signed data to the pool: a new contract, or that EMAID's variant of its generation and V2G root. The same
 * content again changes nothing.
 *
 * @param input.signedContractData a CertificateInstallationRes of either edition in EXI
 * @param input.replaces SHA-256 of the data that must be there to be replaced; undefined: whatever is there
 * @throws ChargeGraphError FORBIDDEN for a provider id that is not the caller's; EXI_INVALID, SIGNATURE_INVALID,
 *   BAD_INPUT, CERTIFICATE_INVALID, CERTIFICATE_EXPIRED, CHAIN_INVALID or ROOT_UNKNOWN for the data; NOT_FOUND for
 *   a car that PCP does not know; EMAID_IN_USE when the EMAID is another car's contract; CONFLICT when the car's
 *   provisioning certificate changes meanwhile, or the pool holds other data than that to be replaced
 */
export async function publishContract(
  work: Work,
  input: {
    readonly pcid: string;
    readonly signedContractData: Uint8Array;
    readonly replaces?: Uint8Array | undefined;
  },
): Promise<Contract> {
  const data = readSignedData(input.signedContractData);
  requireMayPublish(work.caller, data.providerId);
  return storeContract(
    work.store,
    await verifiedOffer(work, data, input.pcid, ['pcid']),
    doing(work, 'publishContract'),
    input.replaces,
  );
}

/**
 * Replaces the signed data of a contract that the pool holds; its car stays the same.
 *
 * @throws ChargeGraphError as {@link publishContract} does; NOT_FOUND too when there is no such contract
 */
export async function updateContract(
  work: Work,
  input: { readonly emaid: string; readonly signedContractData: Uint8Array },
): Promise<Contract> {
  const data = readSignedData(input.signedContractData);
  requireMayPublish(work.caller, data.providerId);
  if (parseEmaid(input.emaid) !== data.emaidKey) {
    throw new ChargeGraphError('BAD_INPUT', `The signed data is for the contract ${data.emaid}.`, {
      path: ['emaid'],
    });
  }
  const stored = await work.store.find(data.emaidKey);
  if (stored === undefined) throw contractNotFound();
  return renewContract(
    work.store,
    await verifiedOffer(work, data, stored.pcid, ['emaid']),
    doing(work, 'updateContract'),
  );
}

/** Asks the other pools, before any transaction is open. */
async function verifiedOffer(
  { pools, clock, strictness }: Work,
  data: OfferedData,
  pcid: string,
  path: readonly string[],
): Promise<ContractOffer> {
  const { namespace } = data;
  if (strictness.emaidCheckDigit === 'strict') {
    const [warning] = checkDigitWarnings([data.emaid, data.certificates.contract.commonName]);
    if (warning !== undefined) throw badSignedData(warning);
  }
  const [anchors, vehicle] = await Promise.all([pools.trustAnchors(), pools.vehicle(pcid, namespace)]);
  const now = clock.now();
  const chains = verifyChains(data.certificates, {
    anchors,
    namespace,
    profile: strictness.profile,
    at: now,
  });
  if (vehicle === undefined) {
    throw new ChargeGraphError(
      'NOT_FOUND',
      'The OEM provisioning certificate with the given PCID is not available.',
      { path },
    );
  }
  return {
    contract: newContract(data, vehicle, now),
    epoch: vehicle.epoch,
    data: { ...chains, emaidKey: data.emaidKey, namespace, exi: data.exi, storedAt: now },
  };
}

function newContract({ emaidKey, emaid, providerId }: OfferedData, vehicle: Vehicle, now: Date): Contract {
  const pcid = parsePcid(vehicle.pcid);
  return {
    emaidKey,
    emaid,
    pcid,
    pcidShown: vehicle.pcid,
    wmi: wmiOf(pcid),
    providerId,
    createdAt: now,
    updatedAt: now,
  };
}
