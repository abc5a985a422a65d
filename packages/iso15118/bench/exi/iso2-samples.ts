import { generateKeyPairSync } from 'node:crypto';
import {
  decodeMessage,
  encodeMessage,
  signCertificateInstallationReq,
  signCertificateInstallationRes,
  signedElements,
  signWith,
  wrapContractKey,
  type Iso2Message,
} from '../../src/index.ts';
import { certificate, octets, rootIds, samples, type Sample } from './samples.ts';

const codec = { encode: encodeMessage, decode: decodeMessage };

/** What a root takes beside the certificate, so that all requests are about as long. */
const OCTETS_PER_ROOT = 62;

/** Really signed requests of about 950 octets, with one to three roots. */
export function iso2Requests(): Promise<readonly Sample<Iso2Message>[]> {
  const { privateKey } = keyPair();
  return samples((index): Promise<Iso2Message> => {
    const roots = 1 + (index % 3);
    return signCertificateInstallationReq(
      {
        id: index % 2 === 0 ? 'ID1' : `id${String(index)}`,
        oemProvisioningCert: certificate(642 - OCTETS_PER_ROOT * roots),
        listOfRootCertificateIDs: rootIds(roots, index),
      },
      { sessionId: octets(8), sign: signWith(privateKey) },
    );
  }, codec);
}

/** Really signed responses of about 4,400 octets: two chains of three certificates each. */
export function iso2Responses(): Promise<readonly Sample<Iso2Message>[]> {
  const { privateKey } = keyPair();
  return samples(
    (index): Promise<Iso2Message> =>
      signCertificateInstallationRes({
        ...signedElements({
          certificate: certificate(500),
          subCertificates: [certificate(640), certificate(640)],
          ...wrapContractKey({ privateKey: keyPair().privateKey, oemPublicKey: keyPair().publicKey }),
          emaid: `DEABCC${String(100_000 + index)}${index % 2 === 0 ? 'A1' : 'A1B'}`,
        }),
        sessionId: octets(index % 2 === 0 ? 8 : 1),
        responseCode: 'OK',
        saProvisioningCertificateChain: {
          certificate: certificate(550),
          subCertificates: [certificate(640), certificate(640)],
        },
        sign: signWith(privateKey),
      }),
    codec,
  );
}

function keyPair(): ReturnType<typeof generateKeyPairSync> {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}
