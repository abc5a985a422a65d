import { JsonFields, readArray, readBase64, readString } from '../json/read.ts';
import { showBase64 } from '../json/show.ts';
import type { Reference, Signature, SignedInfo, Transform } from './model.ts';

/** The JSON form of {@link Signature}: binary in base64. */
export interface SignatureJson {
  id?: string;
  signedInfo: SignedInfoJson;
  signatureValueId?: string;
  signatureValue: string;
}

/** The JSON form of {@link SignedInfo}. */
export interface SignedInfoJson {
  id?: string;
  canonicalizationMethod: string;
  signatureMethod: string;
  references: ReferenceJson[];
}

/** The JSON form of {@link Reference}: binary in base64. */
export interface ReferenceJson {
  id?: string;
  type?: string;
  uri?: string;
  transforms?: TransformJson[];
  digestMethod: string;
  digestValue: string;
}

/** The JSON form of {@link Transform}. */
export interface TransformJson {
  algorithm: string;
  xpath?: string[];
}

export function signatureToJson(signature: Signature): SignatureJson {
  const { id, signatureValueId } = signature;
  return {
    ...(id === undefined ? {} : { id }),
    signedInfo: signedInfoToJson(signature.signedInfo),
    ...(signatureValueId === undefined ? {} : { signatureValueId }),
    signatureValue: showBase64(signature.signatureValue),
  };
}

export function signedInfoToJson(signedInfo: SignedInfo): SignedInfoJson {
  const { id, canonicalizationMethod, signatureMethod, references } = signedInfo;
  return {
    ...(id === undefined ? {} : { id }),
    canonicalizationMethod,
    signatureMethod,
    references: references.map(referenceToJson),
  };
}

function referenceToJson({ id, type, uri, transforms, digestMethod, digestValue }: Reference): ReferenceJson {
  return {
    ...(id === undefined ? {} : { id }),
    ...(type === undefined ? {} : { type }),
    ...(uri === undefined ? {} : { uri }),
    ...(transforms === undefined ? {} : { transforms: transforms.map(transformToJson) }),
    digestMethod,
    digestValue: showBase64(digestValue),
  };
}

function transformToJson({ algorithm, xpath }: Transform): TransformJson {
  return xpath === undefined ? { algorithm } : { algorithm, xpath: [...xpath] };
}

export function signatureFromJson(value: unknown, path: string): Signature {
  const fields = new JsonFields(value, path);
  const id = fields.optional('id', readString);
  const signedInfo = fields.required('signedInfo', signedInfoFromJson);
  const signatureValueId = fields.optional('signatureValueId', readString);
  const signatureValue = fields.required('signatureValue', readBase64);
  fields.end();
  return {
    ...(id === undefined ? {} : { id }),
    signedInfo,
    ...(signatureValueId === undefined ? {} : { signatureValueId }),
    signatureValue,
  };
}

export function signedInfoFromJson(value: unknown, path: string): SignedInfo {
  const fields = new JsonFields(value, path);
  const id = fields.optional('id', readString);
  const canonicalizationMethod = fields.required('canonicalizationMethod', readString);
  const signatureMethod = fields.required('signatureMethod', readString);
  const references = fields.required('references', readArray(referenceFromJson));
  fields.end();
  return { ...(id === undefined ? {} : { id }), canonicalizationMethod, signatureMethod, references };
}

function referenceFromJson(value: unknown, path: string): Reference {
  const fields = new JsonFields(value, path);
  const id = fields.optional('id', readString);
  const type = fields.optional('type', readString);
  const uri = fields.optional('uri', readString);
  const transforms = fields.optional('transforms', readArray(transformFromJson));
  const digestMethod = fields.required('digestMethod', readString);
  const digestValue = fields.required('digestValue', readBase64);
  fields.end();
  return {
    ...(id === undefined ? {} : { id }),
    ...(type === undefined ? {} : { type }),
    ...(uri === undefined ? {} : { uri }),
    ...(transforms === undefined ? {} : { transforms }),
    digestMethod,
    digestValue,
  };
}

function transformFromJson(value: unknown, path: string): Transform {
  const fields = new JsonFields(value, path);
  const algorithm = fields.required('algorithm', readString);
  const xpath = fields.optional('xpath', readArray(readString));
  fields.end();
  return xpath === undefined ? { algorithm } : { algorithm, xpath };
}
