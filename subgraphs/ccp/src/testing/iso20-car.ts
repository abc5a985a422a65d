import {
  decodeIso20Message,
  iso20ContractKeyFits,
  iso20SignerCertificateOf,
  unwrapIso20ContractKey,
  verifyIso20MessageSignature,
  type Iso20CertificateInstallationRes,
  type Iso20Message,
} from '@chargegraph/iso15118';
import { parseCertificate, verifyChain, type Certificate } from '@chargegraph/pki';
import type { Car } from './world.ts';

/** What a car finds in a response that it accepts. */
export interface InstalledIso20Contract {
  /** The contract certificate's common name. */
  readonly emaid: string | undefined;
  readonly remaining: number;
  readonly sessionId: readonly number[];
  readonly timeStamp: bigint;
}

/** The response of ISO 15118-20 in base64 EXI. */
export function iso20ResponseOf(exi: string | null): Iso20Message<Iso20CertificateInstallationRes> {
  const { header, body } = decodeIso20Message(Buffer.from(exi ?? '', 'base64'));
  if (body.type !== 'CertificateInstallationRes') throw new Error(body.type);
  return { header, body };
}

/**
 * Does what a car does before it takes a contract: response code, the provisioning service's signature and chain up to
 * the root it has, the contract's key unwrapped and held against the certificate.
 *
 * @throws Error for a response that a car would refuse
 */
export function installIso20Contract(
  car: Car,
  exi: string,
  { v2gRoot, at }: { readonly v2gRoot: Certificate; readonly at: Date },
): InstalledIso20Contract {
  const message = iso20ResponseOf(exi);
  const { responseCode, cpsCertificateChain: cps, signedInstallationData: data } = message.body;
  require(responseCode === 'OK', `the response code is ${responseCode}`);
  const signer = iso20SignerCertificateOf(message.body);
  require(verifyIso20MessageSignature(message, signer).valid, 'the signature does not hold');
  const chain = verifyChain({
    leaf: parseCertificate(cps.certificate),
    intermediates: (cps.subCertificates ?? []).map((der) => parseCertificate(der)),
    roots: [v2gRoot],
    at,
  });
  require(chain.valid, 'the chain of the provisioning service does not end at the root in the car');
  const { certificate } = data.contractCertificateChain;
  const key = unwrapIso20ContractKey({
    ...data,
    pcid: car.pcid,
    contractCertificate: certificate,
    oemPrivateKey: car.privateKey,
  });
  require(iso20ContractKeyFits(key, certificate), 'the key is not that of the contract');
  return {
    emaid: parseCertificate(certificate).commonName,
    remaining: message.body.remainingContractCertificateChains,
    sessionId: [...message.header.sessionId],
    timeStamp: message.header.timeStamp,
  };
}

function require(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(`A car refuses this response: ${otherwise}.`);
}
