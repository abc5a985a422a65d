import type { Contract, Namespace, SignedContractData } from '../domain/contract.ts';

/** The columns of `contract`, named as {@link Contract} names them. */
export const contractColumns = `c.emaid_key AS "emaidKey", c.emaid, c.pcid, c.pcid_shown AS "pcidShown", c.wmi,
  c.provider_id AS "providerId", c.created_at AS "createdAt", c.updated_at AS "updatedAt"`;

/** The columns of `signed_contract_data` as {@link DataRow} has them. */
export const dataColumns = `d.namespace, d.v2g_root_fingerprint AS "v2gRootFingerprint",
  d.v2g_root_subject AS "v2gRootSubject", d.v2g_root_serial_number AS "v2gRootSerialNumber",
  d.contract_root_fingerprint AS "contractRootFingerprint", d.contract_fingerprint AS "contractFingerprint",
  d.begins_at AS "beginsAt", d.ends_at AS "endsAt", d.exi, d.stored_at AS "storedAt"`;

/** A row of `contract`. */
export type ContractRow = Contract;

/** A row of `signed_contract_data`. */
export interface DataRow {
  readonly namespace: Namespace;
  readonly v2gRootFingerprint: string;
  readonly v2gRootSubject: string;
  readonly v2gRootSerialNumber: string;
  readonly contractRootFingerprint: string;
  readonly contractFingerprint: string;
  readonly beginsAt: Date;
  readonly endsAt: Date;
  readonly exi: Uint8Array;
  readonly storedAt: Date;
}

/** The contract of a row that may have other columns beside. */
export function toContract(row: ContractRow): Contract {
  const { emaidKey, emaid, pcid, pcidShown, wmi, providerId, createdAt, updatedAt } = row;
  return { emaidKey, emaid, pcid, pcidShown, wmi, providerId, createdAt, updatedAt };
}

/** The signed data of a row, and of the contract it belongs to. */
export function toSignedData(emaidKey: string, row: DataRow): SignedContractData {
  return {
    emaidKey,
    namespace: row.namespace,
    v2gRoot: {
      fingerprint: row.v2gRootFingerprint,
      subject: row.v2gRootSubject,
      serialNumber: BigInt(row.v2gRootSerialNumber),
    },
    contractRootFingerprint: row.contractRootFingerprint,
    contractFingerprint: row.contractFingerprint,
    beginsAt: row.beginsAt,
    endsAt: row.endsAt,
    exi: row.exi,
    storedAt: row.storedAt,
  };
}
