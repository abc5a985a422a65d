/** An XML signature as ISO 15118 messages carry it in their header (XML Signature 4; ISO 15118-2, 7.9.2.4). */
export interface Signature {
  readonly id?: string;
  readonly signedInfo: SignedInfo;
  /** The Id attribute of SignatureValue. */
  readonly signatureValueId?: string;
  /** The raw ECDSA signature: r and s, each as long as the curve's order. */
  readonly signatureValue: Uint8Array;
}

/** What the signature is made over (XML Signature 4.4). */
export interface SignedInfo {
  readonly id?: string;
  /** The URI of an algorithm. */
  readonly canonicalizationMethod: string;
  /** The URI of an algorithm. */
  readonly signatureMethod: string;
  /** One or more. */
  readonly references: readonly Reference[];
}

/** One signed element (XML Signature 4.4.3). */
export interface Reference {
  readonly id?: string;
  readonly type?: string;
  /** `#` and the Id of the element. */
  readonly uri?: string;
  /** One or more when present. */
  readonly transforms?: readonly Transform[];
  /** The URI of an algorithm. */
  readonly digestMethod: string;
  readonly digestValue: Uint8Array;
}

/** One step between an element and the octets that are hashed (XML Signature 4.4.3.4). */
export interface Transform {
  /** The URI of an algorithm. */
  readonly algorithm: string;
  /** Its XPath children, one or more when present. */
  readonly xpath?: readonly string[];
}
