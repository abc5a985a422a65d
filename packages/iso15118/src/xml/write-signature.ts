import { UNBOUNDED } from '../exi/limits.ts';
import type { Reference, Signature, SignedInfo, Transform } from '../xmldsig/model.ts';
import { signatureAttributes, signatureNames } from './names.ts';
import { checkCount, writeBase64 } from './write-values.ts';
import type { XmlWriter } from './writer.ts';

const { Id, Type, URI, Algorithm } = signatureAttributes;

/** xmldsig:Signature (XML Signature 4.2). */
export function writeSignature(writer: XmlWriter, signature: Signature): void {
  const { signatureValue, signatureValueId } = signature;
  writer.element(signatureNames.Signature, [[Id, signature.id]], () => {
    writeSignedInfo(writer, signature.signedInfo);
    writeBase64(writer, signatureNames.SignatureValue, signatureValue, UNBOUNDED, [[Id, signatureValueId]]);
  });
}

function writeSignedInfo(writer: XmlWriter, signedInfo: SignedInfo): void {
  const { canonicalizationMethod, signatureMethod, references } = signedInfo;
  writer.element(signatureNames.SignedInfo, [[Id, signedInfo.id]], () => {
    writer.leaf(signatureNames.CanonicalizationMethod, '', [[Algorithm, canonicalizationMethod]]);
    writer.leaf(signatureNames.SignatureMethod, '', [[Algorithm, signatureMethod]]);
    checkCount(writer, references.length, UNBOUNDED);
    for (const reference of references) writeReference(writer, reference);
  });
}

function writeReference(writer: XmlWriter, reference: Reference): void {
  const { id, type, uri, transforms, digestMethod, digestValue } = reference;
  const attributes = [
    [Id, id],
    [Type, type],
    [URI, uri],
  ] as const;
  writer.element(signatureNames.Reference, attributes, () => {
    if (transforms !== undefined) {
      writer.element(signatureNames.Transforms, [], () => {
        checkCount(writer, transforms.length, UNBOUNDED);
        for (const transform of transforms) writeTransform(writer, transform);
      });
    }
    writer.leaf(signatureNames.DigestMethod, '', [[Algorithm, digestMethod]]);
    writeBase64(writer, signatureNames.DigestValue, digestValue, UNBOUNDED);
  });
}

function writeTransform(writer: XmlWriter, { algorithm, xpath }: Transform): void {
  writer.element(signatureNames.Transform, [[Algorithm, algorithm]], () => {
    for (const expression of xpath ?? []) writer.leaf(signatureNames.XPath, expression);
  });
}
