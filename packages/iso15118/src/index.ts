/** ISO 15118 Plug & Charge messages: EXI bytes ⇄ messages ⇄ signatures, contract keys, identifiers. No I/O. */
export { ExiError, exiErrorCodes, type ExiErrorCode } from './exi/error.ts';
export type { Reference, Signature, SignedInfo, Transform } from './xmldsig/model.ts';
export { CANONICAL_EXI, ECDSA_SHA256, SHA256 } from './xmldsig/algorithms.ts';
export {
  iso2FaultCodes,
  iso2ResponseCodes,
  type Iso2FaultCode,
  type Iso2ResponseCode,
} from './iso2/codes.ts';
export { ISO2_LIMITS } from './iso2/limits.ts';
export type {
  CertificateChain,
  CertificateInstallationReq,
  CertificateInstallationRes,
  CertificateResponseFields,
  CertificateUpdateReq,
  CertificateUpdateRes,
  IdentifiedBinary,
  IdentifiedText,
  Iso2Body,
  Iso2Header,
  Iso2Message,
  Iso2Notification,
  RootCertificateId,
} from './iso2/model.ts';
export { iso2Variants, type Iso2Variant } from './iso2/variants.ts';
export { decodeMessage, inspectMessage, type DecodedIso2Message } from './iso2/decode.ts';
export { encodeMessage } from './iso2/encode.ts';
export {
  digestFragment,
  encodeFragment,
  iso2FragmentNames,
  type Iso2FragmentFields,
  type Iso2FragmentName,
} from './iso2/fragment.ts';
export { MessageJsonError } from './json/error.ts';
export { messageToJson } from './iso2/to-json.ts';
export { fragmentFieldsFromJson, messageFromJson } from './iso2/from-json.ts';
export type { Iso2MessageJson } from './iso2/json-model.ts';
export {
  signCertificateInstallationReq,
  signCertificateInstallationRes,
  signCertificateUpdateReq,
  signCertificateUpdateRes,
  signedElements,
  signElements,
  toCertificateUpdateRes,
  type ResponseEnvelope,
  type Sign,
  type SignedElements,
} from './iso2/sign.ts';
export { signWith } from './iso2/signer.ts';
export { signerCertificateOf } from './iso2/signed-parts.ts';
export { verifyMessageSignature, type SignatureProblem, type SignatureVerdict } from './iso2/verify.ts';
export { withSessionId } from './iso2/template.ts';
export {
  negativeCertificateInstallationRes,
  negativeCertificateUpdateRes,
  type NegativeResponse,
} from './iso2/negative.ts';
export { ContractKeyError, contractKeyErrorCodes, type ContractKeyErrorCode } from './contract-key/error.ts';
export { contractKeyFits } from './contract-key/p256.ts';
export {
  isP256Point,
  unwrapContractKey,
  wrapContractKey,
  type WrappedContractKey,
} from './contract-key/iso2.ts';
export { IdentifierError, type IdentifierKind } from './identifiers/error.ts';
export { parsePcid, parseWmi, wmiOf, type Pcid } from './identifiers/pcid.ts';
export {
  emaidParts,
  fitsIso2Emaid,
  parseEmaid,
  parseProviderId,
  providerIdOf,
  type Emaid,
  type EmaidParts,
} from './identifiers/emaid.ts';
export { emaidCheckDigit } from './identifiers/emaid-check-digit.ts';
export {
  ISO2_NAMESPACE,
  ISO20_NAMESPACE,
  parseNamespace,
  type Iso15118Namespace,
} from './identifiers/namespace.ts';
export { Iso15118Error } from './error.ts';
export { iso15118ErrorCodes, type Iso15118ErrorCode } from './error-codes.ts';
export { jsonErrorCodes, type JsonErrorCode } from './json/error.ts';
export { identifierErrorCodes, type IdentifierErrorCode } from './identifiers/error.ts';
export { SignerError, signerErrorCodes, type SignerErrorCode } from './xmldsig/signer-error.ts';
export { MessageXmlError, xmlErrorCodes, type XmlErrorCode, type XmlPosition } from './xml/error.ts';
export { XML_MAX_OCTETS } from './xml/document.ts';
export { XML_NAMESPACES } from './xml/names.ts';
export {
  inspectXmlMessage,
  messageFromXml,
  messageFromXmlBase64,
  type InspectedXmlMessage,
} from './xml/read-message.ts';
export { messageToXml, messageToXmlBase64 } from './xml/write-message.ts';
export { decodeAnyMessage, detectNamespace, type DecodedAnyMessage } from './any-message.ts';
export {
  ecdhCurves,
  encryptedKeyKinds,
  evseProcessings,
  iso20ResponseCodes,
  type EcdhCurve,
  type EncryptedKeyKind,
  type EvseProcessing,
  type Iso20ResponseCode,
} from './iso20/codes.ts';
export { ISO20_LIMITS } from './iso20/limits.ts';
export type {
  ContractCertificateChain,
  CpsCertificateChain,
  EncryptedPrivateKey,
  Iso20Body,
  Iso20CertificateInstallationReq,
  Iso20CertificateInstallationRes,
  Iso20Header,
  Iso20Message,
  SignedCertificateChain,
  SignedInstallationData,
} from './iso20/model.ts';
export { iso20Variants, type Iso20Variant } from './iso20/variants.ts';
export { decodeIso20Message, inspectIso20Message, type DecodedIso20Message } from './iso20/decode.ts';
export { encodeIso20Message } from './iso20/encode.ts';
export {
  digestIso20Fragment,
  encodeIso20Fragment,
  iso20FragmentNames,
  type DigestHash,
  type Iso20FragmentFields,
  type Iso20FragmentName,
} from './iso20/fragment.ts';
export { iso20MessageToJson } from './iso20/to-json.ts';
export { iso20FragmentFieldsFromJson, iso20MessageFromJson } from './iso20/from-json.ts';
export type { Iso20MessageJson } from './iso20/json-model.ts';
export { ECDSA_SHA512, SHA512 } from './xmldsig/algorithms.ts';
export {
  iso20SignatureProfiles,
  type Iso20SignatureProfile,
  type Iso20SignatureProfileName,
} from './iso20/signature-profiles.ts';
export { signIso20With, type Iso20Signer } from './iso20/signer.ts';
export {
  signIso20CertificateInstallationReq,
  signIso20CertificateInstallationRes,
  type Iso20Envelope,
} from './iso20/sign.ts';
export { iso20SignerCertificateOf } from './iso20/signed-part.ts';
export { verifyIso20MessageSignature, type Iso20SignatureVerdict } from './iso20/verify.ts';
export {
  encodeIso20ResponseTemplate,
  fillIso20ResponseTemplate,
  iso20ResponseTemplateOf,
  type Iso20Delivery,
  type Iso20ResponseTemplate,
} from './iso20/template.ts';
export { negativeIso20CertificateInstallationRes, type NegativeIso20Response } from './iso20/negative.ts';
export {
  ecdhCurveOf,
  iso20ContractKeyFits,
  unwrapIso20ContractKey,
  wrapIso20ContractKey,
  type Iso20ContractKeyBinding,
  type WrappedIso20ContractKey,
} from './contract-key/iso20.ts';
export { subjectKeyIdentifierOf } from './contract-key/subject-key-identifier.ts';
