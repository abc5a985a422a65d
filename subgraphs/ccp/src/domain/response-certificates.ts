import {
  decodeAnyMessage,
  type CertificateInstallationRes,
  type Iso20CertificateInstallationRes,
} from '@chargegraph/iso15118';
import { parseCertificate, type Certificate } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import type { SignedContractData } from './contract.ts';

/** The certificates that a CertificateInstallationRes holds. */
export interface ResponseCertificates {
  readonly contract: Certificate;
  /** The one that issued the contract certificate first. */
  readonly contractSubCas: readonly Certificate[];
  /** The provisioning service's signing certificate. */
  readonly cps: Certificate;
  /** The one that issued the signing certificate first. */
  readonly cpsSubCas: readonly Certificate[];
}

/** A leaf with its sub-CAs, as a message of either edition holds them. */
interface Chain {
  readonly certificate: Uint8Array;
  readonly subCertificates?: readonly Uint8Array[];
}

/** @throws ChargeGraphError CERTIFICATE_INVALID naming the certificate that cannot be read */
export function responseCertificates(
  body: CertificateInstallationRes | Iso20CertificateInstallationRes,
): ResponseCertificates {
  return 'signedInstallationData' in body
    ? parseChains(body.signedInstallationData.contractCertificateChain, body.cpsCertificateChain)
    : parseChains(body.contractSignatureCertChain, body.saProvisioningCertificateChain);
}

function parseChains(contract: Chain, cps: Chain): ResponseCertificates {
  return {
    contract: parse(contract.certificate, 'contract certificate'),
    contractSubCas: (contract.subCertificates ?? []).map((der) =>
      parse(der, "contract's sub-CA certificate"),
    ),
    cps: parse(cps.certificate, 'provisioning service certificate'),
    cpsSubCas: (cps.subCertificates ?? []).map((der) =>
      parse(der, "provisioning service's sub-CA certificate"),
    ),
  };
}

function parse(der: Uint8Array, name: string): Certificate {
  try {
    return parseCertificate(der);
  } catch (cause) {
    throw new ChargeGraphError('CERTIFICATE_INVALID', `The ${name} in the signed data cannot be read.`, {
      path: ['signedContractData'],
      cause,
    });
  }
}

interface StoredMessage {
  readonly certificates: ResponseCertificates;
  /** Undefined in -20, which has the EMAID in the contract certificate alone. */
  readonly emaid: string | undefined;
}

const read = new WeakMap<SignedContractData, StoredMessage>();

/** What stored data's message holds, read once per object. */
function storedMessage(data: SignedContractData): StoredMessage {
  let message = read.get(data);
  if (message === undefined) {
    const { body } = decodeAnyMessage(data.exi).message;
    if (body.type !== 'CertificateInstallationRes') throw new Error(`Stored data is a ${body.type}.`);
    const emaid = 'emaid' in body ? body.emaid.value : undefined;
    read.set(data, (message = { certificates: responseCertificates(body), emaid }));
  }
  return message;
}

/** The certificates of stored data. */
export const storedCertificates = (data: SignedContractData): ResponseCertificates =>
  storedMessage(data).certificates;

/** The eMAID of stored data as it is signed, where its message has one. */
export const signedEmaid = (data: SignedContractData): string | undefined => storedMessage(data).emaid;
