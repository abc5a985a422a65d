import fc from 'fast-check';
import { isXmlCharacter } from '../exi/text.ts';
import type { Reference, Signature, Transform } from '../xmldsig/model.ts';
import { iso2FaultCodes, iso2ResponseCodes } from './codes.ts';
import type {
  CertificateChain,
  CertificateResponseFields,
  Iso2Body,
  Iso2Header,
  Iso2Message,
} from './model.ts';

/** Text of any characters that XML allows, astral ones included. */
export const unicodeText = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
      fc.integer({ min: 0x20, max: 0x10ffff }).filter(isXmlCharacter),
      fc.constantFrom(0x09, 0x0a, 0x0d),
    ),
    { maxLength: 40 },
  )
  .map((codePoints) => String.fromCodePoint(...codePoints));

/** Any Id. */
export const id = fc.oneof(fc.constantFrom('ID1', 'id4', '0', '_x'), unicodeText);
/** Octets of an own buffer. */
export const binary = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ maxLength, size: 'medium' }).map((octets) => Uint8Array.from(octets));
const certificate = binary(800);

/** Signed numbers of up to 20 octets, and the edges of the groups that they are written in. */
const serialNumber = fc.oneof(
  fc.bigInt({ min: -(1n << 160n), max: 1n << 160n }),
  fc.bigInt({ min: -300n, max: 300n }),
  fc
    .integer({ min: 0, max: 160 })
    .chain((bit) => fc.constantFrom((1n << BigInt(bit)) - 1n, -(1n << BigInt(bit)))),
);

/** Any ListOfRootCertificateIDs. */
export const roots = fc.array(fc.record({ x509IssuerName: unicodeText, x509SerialNumber: serialNumber }), {
  minLength: 1,
  maxLength: 20,
  size: 'max',
});

/** Leaves out the keys whose value is undefined, as decoding does. */
export function compact<Value extends object>(value: {
  [Key in keyof Value]: Value[Key] | undefined;
}): Value {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Value;
}

/** A value or undefined. */
export const optional = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const chain = fc
  .record({
    id: optional(id),
    certificate,
    subCertificates: optional(fc.array(certificate, { minLength: 1, maxLength: 4 })),
  })
  .map((value) => compact<CertificateChain>(value));

const transform = fc
  .record({ algorithm: unicodeText, xpath: optional(fc.array(unicodeText, { minLength: 1, maxLength: 3 })) })
  .map((value) => compact<Transform>(value));

const reference = fc
  .record({
    id: optional(id),
    type: optional(unicodeText),
    uri: optional(unicodeText),
    transforms: optional(fc.array(transform, { minLength: 1, maxLength: 3 })),
    digestMethod: unicodeText,
    digestValue: binary(40),
  })
  .map((value) => compact<Reference>(value));

/** Any Signature. */
export const signature = fc
  .record({
    id: optional(id),
    signedInfo: fc
      .record({
        id: optional(id),
        canonicalizationMethod: unicodeText,
        signatureMethod: unicodeText,
        references: fc.array(reference, { minLength: 1, maxLength: 6 }),
      })
      .map((value) => compact<Signature['signedInfo']>(value)),
    signatureValueId: optional(id),
    signatureValue: binary(70),
  })
  .map((value) => compact<Signature>(value));

const notification = fc
  .record({ faultCode: fc.constantFrom(...iso2FaultCodes), faultMsg: optional(unicodeText) })
  .map((value) => compact<NonNullable<Iso2Header['notification']>>(value));

/** Any SessionID. */
export const sessionId = binary(8);

const header = fc
  .record({ sessionId, notification: optional(notification), signature: optional(signature) })
  .map((value) => compact<Iso2Header>(value));

const response: fc.Arbitrary<CertificateResponseFields> = fc.record({
  responseCode: fc.constantFrom(...iso2ResponseCodes),
  saProvisioningCertificateChain: chain,
  contractSignatureCertChain: chain,
  contractSignatureEncryptedPrivateKey: fc.record({ id, value: binary(48) }),
  dhPublicKey: fc.record({ id, value: binary(65) }),
  emaid: fc.record({ id, value: fc.stringMatching(/^[A-Z0-9]{1,15}$/) }),
});

const body: fc.Arbitrary<Iso2Body> = fc.oneof(
  fc.record({
    type: fc.constant('CertificateInstallationReq' as const),
    id,
    oemProvisioningCert: certificate,
    listOfRootCertificateIDs: roots,
  }),
  fc.record({
    type: fc.constant('CertificateUpdateReq' as const),
    id,
    contractSignatureCertChain: chain,
    emaid: fc.stringMatching(/^[A-Z0-9]{14,15}$/),
    listOfRootCertificateIDs: roots,
  }),
  response.map((fields) => ({ type: 'CertificateInstallationRes' as const, ...fields })),
  fc.tuple(response, optional(fc.integer({ min: -32_768, max: 32_767 }))).map(([fields, retryCounter]) =>
    compact<Extract<Iso2Body, { type: 'CertificateUpdateRes' }>>({
      type: 'CertificateUpdateRes',
      ...fields,
      retryCounter,
    }),
  ),
);

/** Any message that the schema allows, over the full ranges of its types. */
export const iso2Message: fc.Arbitrary<Iso2Message> = fc.record({ header, body });
