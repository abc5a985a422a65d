import type { KeyObject } from 'node:crypto';
import {
  decodeIso20Message,
  iso20SignerCertificateOf,
  verifyIso20MessageSignature,
  wrapIso20ContractKey,
} from '@chargegraph/iso15118';
import {
  issueContractCertificate,
  parseCertificate,
  toPem,
  verifyChain,
  type Certificate,
  type DemoPki,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { day, start } from './harness.fixture.ts';
import type { SignInput } from './signing.fixture.ts';

/** Issues a contract certificate of ISO 15118-20 and gives the input with which an MO has it signed. */
export async function iso20ContractInput(
  pki: DemoPki,
  request: { readonly emaid: string; readonly pcid: string; readonly oemPublicKey: KeyObject },
): Promise<SignInput> {
  const contract = await issueContractCertificate(pki.mo.subCa2, {
    emaid: request.emaid,
    notBefore: start,
    notAfter: new Date(start.getTime() + 365 * day),
  });
  return iso20InputOf(contract, pki, request);
}

/** The input for a contract certificate that is there already, its key newly wrapped. */
export function iso20InputOf(
  contract: IssuedCertificate,
  { mo }: DemoPki,
  { pcid, oemPublicKey }: { readonly pcid: string; readonly oemPublicKey: KeyObject },
): SignInput {
  const { dhPublicKey, encryptedPrivateKey } = wrapIso20ContractKey({
    privateKey: contract.privateKey,
    oemPublicKey,
    pcid,
    contractCertificate: contract.certificate.der,
  });
  return {
    contractCertificate: toPem(contract.certificate),
    subCaCertificates: [toPem(mo.subCa1.certificate), toPem(mo.subCa2.certificate)],
    encryptedPrivateKey: Buffer.from(encryptedPrivateKey.value).toString('base64'),
    dhPublicKey: Buffer.from(dhPublicKey).toString('base64'),
    namespace: 'ISO15118_20',
  };
}

/** Looks at signed contract data of ISO 15118-20 as a car does, with these roots installed. */
export function readAsIso20Car(signedContractData: string, roots: readonly Certificate[]) {
  const message = decodeIso20Message(Buffer.from(signedContractData, 'base64'));
  const { body, header } = message;
  if (body.type !== 'CertificateInstallationRes') throw new Error(`a ${body.type} was signed`);
  const rootOf = (chain: { certificate: Uint8Array; subCertificates?: readonly Uint8Array[] }) => {
    const verdict = verifyChain({
      leaf: parseCertificate(chain.certificate),
      intermediates: (chain.subCertificates ?? []).map((der) => parseCertificate(der)),
      roots,
      at: start,
    });
    return verdict.valid ? verdict.root : undefined;
  };
  return {
    body,
    header,
    verdict: verifyIso20MessageSignature(message, iso20SignerCertificateOf(body)),
    cpsRoot: rootOf(body.cpsCertificateChain),
    contractRoot: rootOf(body.signedInstallationData.contractCertificateChain),
  };
}
