import { ChargeGraphError } from '@chargegraph/service';
import { parseEmaid, parsePcid, wmiOf } from '@chargegraph/iso15118';
import { requireAccepted } from '@chargegraph/revocation';
import { decideWith } from '@chargegraph/trust';
import type { Contract } from './contract.ts';
import { checkDigitWarnings } from './data-warnings.ts';
import type { Vehicle } from './other-pools.ts';
import { contractNotFound } from './own-contract.ts';
import { readSignedData, type OfferedData } from './read-signed-data.ts';
import { requireMayPublish } from './rights.ts';
import { renewContract, storeContract, vehicleHasChanged, type ContractOffer } from './store-contract.ts';
import { badSignedData } from './signed-data-refusal.ts';
import { verifyChains } from './verify-chains.ts';
import { doing, type Work } from './work.ts';

/**
 * Adds signed data to the pool: a new contract, or that EMAID's variant of its generation and V2G root. The same
 * content again changes nothing.
 *
 * @param input.signedContractData a CertificateInstallationRes of either edition in EXI, or of ISO 15118-2 in XML
 * @param input.emaid the contract that the data is meant to be of; undefined: whichever it is
 * @param input.v2gRoot fingerprint of the V2G root that it is meant to be under; undefined: whichever it is
 * @param input.contractEpoch the car's, for which the data was made; undefined: whichever it was
 * @param input.replaces SHA-256 of the data that must be there to be replaced; undefined: whatever is there
 * @throws ChargeGraphError FORBIDDEN for a provider id that is not the caller's; EXI_INVALID, SIGNATURE_INVALID,
 *   BAD_INPUT, CERTIFICATE_INVALID, CERTIFICATE_EXPIRED, CERTIFICATE_REVOKED, CHAIN_INVALID or ROOT_UNKNOWN for the data; BAD_INPUT when
 *   it is of another contract, or under another V2G root, than it is meant to be; NOT_FOUND for
 *   a car that PCP does not know; EMAID_IN_USE when the EMAID is another car's contract; CONFLICT when the car's
 *   provisioning certificate changes meanwhile or changed since the data was made, or the pool holds other data than that to be replaced
 */
export async function publishContract(
  work: Work,
  input: {
    readonly pcid: string;
    readonly signedContractData: Uint8Array;
    readonly emaid?: string | undefined;
    readonly v2gRoot?: string | undefined;
    readonly replaces?: Uint8Array | undefined;
    readonly contractEpoch?: bigint | undefined;
  },
): Promise<Contract> {
  const data = readSignedData(input.signedContractData);
  requireMayPublish(work.caller, data.providerId);
  if (input.emaid !== undefined) requireContract(data, input.emaid);
  const offer = await verifiedOffer(work, data, input.pcid, ['pcid'], input.contractEpoch);
  const { fingerprint } = offer.data.v2gRoot;
  if (input.v2gRoot !== undefined && input.v2gRoot !== fingerprint) {
    throw new ChargeGraphError('BAD_INPUT', `The signed data is under the V2G root ${fingerprint}.`, {
      path: ['v2gRoot'],
    });
  }
  return storeContract(work.store, offer, doing(work, 'publishContract'), input.replaces);
}

/** @throws ChargeGraphError BAD_INPUT for data of another contract */
function requireContract(data: OfferedData, emaid: string): void {
  if (parseEmaid(emaid) === data.emaidKey) return;
  throw new ChargeGraphError('BAD_INPUT', `The signed data is for the contract ${data.emaid}.`, {
    path: ['emaid'],
  });
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
  requireContract(data, input.emaid);
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
  { caller, pools, clock, strictness, revocation }: Work,
  data: OfferedData,
  pcid: string,
  path: readonly string[],
  contractEpoch?: bigint,
): Promise<ContractOffer> {
  const { namespace } = data;
  if (strictness.emaidCheckDigit === 'strict') {
    const [warning] = checkDigitWarnings([data.emaid, data.certificates.contract.commonName]);
    if (warning !== undefined) throw badSignedData(warning);
  }
  const [, vehicle] = await Promise.all([pools.roots.current(), pools.vehicle(pcid, namespace)]);
  const now = clock.now();
  const { profile } = strictness;
  const { chains, ends, paths } = await decideWith(pools.roots, (trusted) =>
    verifyChains(data.certificates, { trusted, namespace, profile, at: now }),
  );
  if (vehicle === undefined) {
    throw new ChargeGraphError(
      'NOT_FOUND',
      'The OEM provisioning certificate with the given PCID is not available.',
      { path },
    );
  }
  if (contractEpoch !== undefined && contractEpoch !== vehicle.epoch)
    throw vehicleHasChanged('contractEpoch');
  for (const finding of await Promise.all(paths.map((chain) => revocation.judge(chain)))) {
    requireAccepted(finding, () => 'signedContractData');
  }
  return {
    contract: newContract(data, vehicle, now),
    epoch: vehicle.epoch,
    ends,
    // Partners never have this role, an external provisioning service among them.
    byOwnService: caller.roles.has('SERVICE'),
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
