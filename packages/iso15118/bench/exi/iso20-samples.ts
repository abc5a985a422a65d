import { generateKeyPairSync } from 'node:crypto';
import {
  decodeIso20Message,
  encodeIso20Message,
  ISO20_LIMITS,
  signIso20CertificateInstallationReq,
  signIso20CertificateInstallationRes,
  signIso20With,
  type Iso20Message,
} from '../../src/index.ts';
import { certificate, octets, rootIds, samples, type Sample } from './samples.ts';

const codec = { encode: encodeIso20Message, decode: decodeIso20Message };
const NOW = 1_800_000_000n;

/** Really signed requests of about 2,500 octets: a chain of three certificates, one to three roots. */
export function iso20Requests(): Promise<readonly Sample<Iso20Message>[]> {
  const signer = signIso20With(generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey);
  return samples(
    (index): Promise<Iso20Message> =>
      signIso20CertificateInstallationReq(
        {
          oemProvisioningCertificateChain: {
            id: 'ciReq',
            certificate: certificate(690),
            subCertificates: [certificate(700), certificate(700)],
          },
          listOfRootCertificateIDs: rootIds(1 + (index % 3), index),
          maximumContractCertificateChains: 1 + (index % 3),
        },
        { sessionId: octets(8), timeStamp: NOW + BigInt(index), signer },
      ),
    codec,
  );
}

/** Really signed responses of about 5,000 octets: two chains of three certificates each. */
export function iso20Responses(): Promise<readonly Sample<Iso20Message>[]> {
  const signer = signIso20With(generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey);
  return samples(
    (index): Promise<Iso20Message> =>
      signIso20CertificateInstallationRes(
        {
          responseCode: 'OK',
          evseProcessing: 'Finished',
          cpsCertificateChain: {
            certificate: certificate(690),
            subCertificates: [certificate(700), certificate(700)],
          },
          signedInstallationData: {
            id: 'id1',
            contractCertificateChain: {
              certificate: certificate(690),
              subCertificates: [certificate(700), certificate(700)],
            },
            ecdhCurve: 'SECP521',
            dhPublicKey: octets(ISO20_LIMITS.dhPublicKey),
            encryptedPrivateKey: {
              kind: 'SECP521',
              value: octets(ISO20_LIMITS.encryptedPrivateKey.SECP521),
            },
          },
          remainingContractCertificateChains: index % 3,
        },
        { sessionId: octets(8), timeStamp: NOW + BigInt(index), signer },
      ),
    codec,
  );
}
