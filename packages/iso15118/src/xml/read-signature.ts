import { UNBOUNDED } from '../exi/limits.ts';
import type { Reference, Signature, SignedInfo, Transform } from '../xmldsig/model.ts';
import type { XmlElement } from './document.ts';
import { ElementReader } from './element-reader.ts';
import { signatureAttributes, signatureNames } from './names.ts';
import { base64Of, readBase64UpTo, readText } from './values.ts';

/** xmldsig:Signature (XML Signature 4.2), as far as ISO 15118 messages use it. */
export function readSignature(element: XmlElement): Signature {
  const reader = new ElementReader(element);
  const id = reader.optionalAttribute(signatureAttributes.Id);
  const signedInfo = reader.required(signatureNames.SignedInfo, readSignedInfo);
  const value = reader.required(signatureNames.SignatureValue, readSignatureValue);
  reader.unused(signatureNames.KeyInfo, signatureNames.Object);
  reader.end();
  return {
    ...(id === undefined ? {} : { id }),
    signedInfo,
    ...(value.id === undefined ? {} : { signatureValueId: value.id }),
    signatureValue: value.octets,
  };
}

function readSignatureValue(element: XmlElement): { id: string | undefined; octets: Uint8Array } {
  const reader = new ElementReader(element);
  const id = reader.optionalAttribute(signatureAttributes.Id);
  return { id, octets: base64Of(element, reader.text(), UNBOUNDED) };
}

function readSignedInfo(element: XmlElement): SignedInfo {
  const reader = new ElementReader(element);
  const id = reader.optionalAttribute(signatureAttributes.Id);
  const canonicalizationMethod = reader.required(signatureNames.CanonicalizationMethod, readAlgorithm);
  const signatureMethod = reader.required(signatureNames.SignatureMethod, readSignatureMethod);
  const references = reader.repeated(signatureNames.Reference, UNBOUNDED, readReference);
  reader.end();
  return { ...(id === undefined ? {} : { id }), canonicalizationMethod, signatureMethod, references };
}

function readReference(element: XmlElement): Reference {
  const reader = new ElementReader(element);
  const id = reader.optionalAttribute(signatureAttributes.Id);
  const type = reader.optionalAttribute(signatureAttributes.Type);
  const uri = reader.optionalAttribute(signatureAttributes.URI);
  const transforms = reader.optional(signatureNames.Transforms, readTransforms);
  const digestMethod = reader.required(signatureNames.DigestMethod, readAlgorithm);
  const digestValue = reader.required(signatureNames.DigestValue, readBase64UpTo(UNBOUNDED));
  reader.end();
  return {
    ...(id === undefined ? {} : { id }),
    ...(type === undefined ? {} : { type }),
    ...(uri === undefined ? {} : { uri }),
    ...(transforms === undefined ? {} : { transforms }),
    digestMethod,
    digestValue,
  };
}

function readTransforms(element: XmlElement): Transform[] {
  const reader = new ElementReader(element);
  const transforms = reader.repeated(signatureNames.Transform, UNBOUNDED, readTransform);
  reader.end();
  return transforms;
}

function readTransform(element: XmlElement): Transform {
  const reader = new ElementReader(element);
  const algorithm = reader.requiredAttribute(signatureAttributes.Algorithm);
  const xpath: string[] = [];
  for (;;) {
    const expression = reader.optional(signatureNames.XPath, readText);
    if (expression === undefined) break;
    xpath.push(expression);
  }
  reader.end();
  return xpath.length === 0 ? { algorithm } : { algorithm, xpath };
}

function readSignatureMethod(element: XmlElement): string {
  const reader = new ElementReader(element);
  reader.unused(signatureNames.HMACOutputLength);
  return readAlgorithm(element);
}

function readAlgorithm(element: XmlElement): string {
  const reader = new ElementReader(element);
  const algorithm = reader.requiredAttribute(signatureAttributes.Algorithm);
  reader.end();
  return algorithm;
}
