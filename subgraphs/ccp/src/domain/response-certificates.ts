import { hash } from 'node:crypto';
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
  return parseChains(...chainsOf(body));
}

/** The contract's, then the provisioning service's. */
const chainsOf = (body: CertificateInstallationRes | Iso20CertificateInstallationRes): [Chain, Chain] =>
  'signedInstallationData' in body
    ? [body.signedInstallationData.contractCertificateChain, body.cpsCertificateChain]
    : [body.contractSignatureCertChain, body.saProvisioningCertificateChain];

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
const decoded = new WeakMap<SignedContractData, StoredBody>();

type StoredBody = CertificateInstallationRes | Iso20CertificateInstallationRes;

/** The body of stored data's message, decoded once per object. */
function storedBody(data: SignedContractData): StoredBody {
  let body = decoded.get(data);
  if (body === undefined) {
    const { body: found } = decodeAnyMessage(data.exi).message;
    if (found.type !== 'CertificateInstallationRes') throw new Error(`Stored data is a ${found.type}.`);
    decoded.set(data, (body = found));
  }
  return body;
}

/** What stored data's message holds, read once per object. */
function storedMessage(data: SignedContractData): StoredMessage {
  let message = read.get(data);
  if (message === undefined) {
    const body = storedBody(data);
    const emaid = 'emaid' in body ? body.emaid.value : undefined;
    read.set(data, (message = { certificates: responseCertificates(body), emaid }));
  }
  return message;
}

/** SHA-256 of each certificate in stored data, lower-case hexadecimal, without reading any of them. */
export function storedFingerprints(data: SignedContractData): string[] {
  return chainsOf(storedBody(data))
    .flatMap(({ certificate, subCertificates = [] }) => [certificate, ...subCertificates])
    .map((der) => hash('sha256', der, 'hex'));
}

/** The certificates of stored data. */
export const storedCertificates = (data: SignedContractData): ResponseCertificates =>
  storedMessage(data).certificates;

/** The same, the contract certificate first: all that is above it, then what signed it. */
export function certificatesOf(data: SignedContractData): readonly [Certificate, ...Certificate[]] {
  const { contract, contractSubCas, cps, cpsSubCas } = storedCertificates(data);
  return [contract, ...contractSubCas, cps, ...cpsSubCas];
}

/** The eMAID of stored data as it is signed, where its message has one. */
export const signedEmaid = (data: SignedContractData): string | undefined => storedMessage(data).emaid;
