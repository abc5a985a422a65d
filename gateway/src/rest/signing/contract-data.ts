import { emaidParts, IdentifierError } from '@chargegraph/iso15118';
import { parseCertificate } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import type { SignContractDataInput } from '../../../generated/operations.ts';
import type { components } from '../../../generated/opcp.ts';
import { certificateText, optionalText } from '../certificates/certificate-text.ts';

/** Contract data as a client sends it. */
export type SentContractData = components['schemas']['ContractData'];

/** What of it the graph is given. */
export type ContractDataInput = Pick<
  SignContractDataInput,
  'contractCertificate' | 'subCaCertificates' | 'encryptedPrivateKey' | 'dhPublicKey'
>;

/**
 * Reads contract data of either form: OPCP's examples send the older one to the newer call too. The older one stands when
 * both are there.
 *
 * @throws ChargeGraphError BAD_INPUT or CERTIFICATE_INVALID, in OPCP's words
 */
export function readContractData(data: SentContractData): ContractDataInput {
  return {
    ...(data.contractSignatureCertChain == null
      ? newerChain(data)
      : olderChain(data.contractSignatureCertChain)),
    encryptedPrivateKey: readBase64(data, 'contractSignatureEncryptedPrivateKey'),
    dhPublicKey: readBase64(data, 'dHpublickey'),
  };
}

function newerChain(
  data: SentContractData,
): Pick<ContractDataInput, 'contractCertificate' | 'subCaCertificates'> {
  const certificate = (
    field: 'contractCertificate' | 'contractSubCa1Certificate' | 'contractSubCa2Certificate',
  ) => {
    const text = optionalText(data[field]);
    return text === undefined ? undefined : readCertificate(text, `contractData.${field}`);
  };
  const required = (field: 'contractCertificate' | 'contractSubCa1Certificate') =>
    certificate(field) ?? refuse(`contractData.${field} : must not be blank`);
  const contractCertificate = required('contractCertificate');
  const subCa2 = certificate('contractSubCa2Certificate');
  const subCa1 = required('contractSubCa1Certificate');
  return { contractCertificate, subCaCertificates: subCa2 === undefined ? [subCa1] : [subCa2, subCa1] };
}

function olderChain({
  contractSignatureCertChainCertificate: certificate,
  contractSignatureCertChainSubCertificates: subCas,
}: NonNullable<SentContractData['contractSignatureCertChain']>) {
  const path = 'contractData.contractSignatureCertChain.contractSignatureCertChainCertificate';
  return {
    contractCertificate: readCertificate(certificate, path),
    subCaCertificates: subCas.map((text) =>
      certificateText(text, 'contractSignatureCertChainSubCertificates list'),
    ),
  };
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const base64Rule = 'must match "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"';
const withoutBlanks = (text: string) => text.replace(/\s/g, '');

/** OPCP tells what is not base64 from what is, and no certificate. */
function readCertificate(text: string, path: string): string {
  if (!text.includes('-----BEGIN') && !base64.test(withoutBlanks(text))) refuse(`${path} : ${base64Rule}`);
  return certificateText(text, path.split('.').at(-1) ?? path);
}

function readBase64(
  data: SentContractData,
  field: 'contractSignatureEncryptedPrivateKey' | 'dHpublickey',
): string {
  const compact = withoutBlanks(data[field]);
  return base64.test(compact) ? compact : refuse(`contractData.${field} : ${base64Rule}`);
}

/**
 * Holds the EMAIDs that stand beside a contract certificate against its common name, without which there is nothing to
 * compare: the graph refuses that one.
 *
 * @throws ChargeGraphError BAD_INPUT
 */
export function requireSameEmaid(certificate: string, emaids: readonly (string | null | undefined)[]): void {
  const inCertificate = identityOf(parseCertificate(certificate).commonName ?? '');
  if (inCertificate === undefined) return;
  for (const emaid of emaids) {
    const named = optionalText(emaid);
    if (named !== undefined && identityOf(named) !== inCertificate)
      refuse('emaid : must be the common name of the contract certificate');
  }
}

function identityOf(text: string): string | undefined {
  try {
    return emaidParts(text).identity;
  } catch (error) {
    if (error instanceof IdentifierError) return undefined;
    throw error;
  }
}

function refuse(message: string): never {
  throw new ChargeGraphError('BAD_INPUT', message);
}
