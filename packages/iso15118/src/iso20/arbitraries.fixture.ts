import fc from 'fast-check';
import {
  binary,
  compact,
  id,
  optional,
  roots,
  sessionId,
  signature,
  unicodeText,
} from '../iso2/arbitraries.fixture.ts';
import { ecdhCurves, encryptedKeyKinds, evseProcessings, iso20ResponseCodes } from './codes.ts';
import { ISO20_LIMITS } from './limits.ts';
import type {
  ContractCertificateChain,
  CpsCertificateChain,
  Iso20CertificateInstallationReq,
  Iso20CertificateInstallationRes,
  Iso20Header,
  Iso20Message,
  SignedCertificateChain,
} from './model.ts';

const certificate = binary(ISO20_LIMITS.certificate);
const subCertificates = fc.array(certificate, { minLength: 1, maxLength: 3 });
const chains = fc.integer({ min: 0, max: 255 });

/** Any TimeStamp, and the edges of the groups that it is written in. */
export const timeStamp = fc.oneof(
  fc.bigInt({ min: 0n, max: ISO20_LIMITS.timeStamp }),
  fc
    .integer({ min: 0, max: 64 })
    .chain((bit) => fc.constantFrom((1n << BigInt(bit)) - 1n, 1n << BigInt(Math.min(bit, 63)))),
);

const header = fc
  .record({ sessionId, timeStamp, signature: optional(signature) })
  .map((value) => compact<Iso20Header>(value));

const cpsChain = fc
  .record({ certificate, subCertificates: optional(subCertificates) })
  .map((value) => compact<CpsCertificateChain>(value));

const signedChain = fc
  .record({ id, certificate, subCertificates: optional(subCertificates) })
  .map((value) => compact<SignedCertificateChain>(value));

const contractChain: fc.Arbitrary<ContractCertificateChain> = fc.record({ certificate, subCertificates });

const encryptedPrivateKey = fc
  .constantFrom(...encryptedKeyKinds)
  .chain((kind) => binary(ISO20_LIMITS.encryptedPrivateKey[kind]).map((value) => ({ kind, value })));

const request: fc.Arbitrary<Iso20CertificateInstallationReq> = fc
  .record({
    type: fc.constant('CertificateInstallationReq' as const),
    oemProvisioningCertificateChain: signedChain,
    listOfRootCertificateIDs: roots,
    maximumContractCertificateChains: chains,
    prioritizedEMAIDs: optional(fc.array(unicodeText, { minLength: 1, maxLength: 8, size: 'max' })),
  })
  .map((value) => compact<Iso20CertificateInstallationReq>(value));

/** Any response. */
export const iso20Response: fc.Arbitrary<Iso20Message<Iso20CertificateInstallationRes>> = fc.record({
  header,
  body: fc.record({
    type: fc.constant('CertificateInstallationRes' as const),
    responseCode: fc.constantFrom(...iso20ResponseCodes),
    evseProcessing: fc.constantFrom(...evseProcessings),
    cpsCertificateChain: cpsChain,
    signedInstallationData: fc.record({
      id,
      contractCertificateChain: contractChain,
      ecdhCurve: fc.constantFrom(...ecdhCurves),
      dhPublicKey: binary(ISO20_LIMITS.dhPublicKey),
      encryptedPrivateKey,
    }),
    remainingContractCertificateChains: chains,
  }),
});

/** Any message that the schema allows, over the full ranges of its types. */
export const iso20Message: fc.Arbitrary<Iso20Message> = fc.oneof(
  fc.record({ header, body: request }),
  iso20Response,
);

/** What differs from one delivery of a response to the next. */
export const delivery = fc.record({ sessionId, timeStamp, remainingContractCertificateChains: chains });
