/** A qualified name of the XML form, with the prefix that we write it with. */
export interface XmlName {
  /** Empty for an attribute without namespace. */
  readonly uri: string;
  readonly prefix: string;
  readonly local: string;
}

/**
 * The namespaces of ISO 15118-2 messages (V2G_CI_MsgDef.xsd and the schemas that it imports) and the prefixes
 * that those schemas and the examples of the standard (annex J) give them.
 */
export const XML_NAMESPACES = {
  v2gci_d: 'urn:iso:15118:2:2013:MsgDef',
  v2gci_h: 'urn:iso:15118:2:2013:MsgHeader',
  v2gci_b: 'urn:iso:15118:2:2013:MsgBody',
  v2gci_t: 'urn:iso:15118:2:2013:MsgDataTypes',
  xmlsig: 'http://www.w3.org/2000/09/xmldsig#',
} as const;

function namesOf<Local extends string>(
  prefix: keyof typeof XML_NAMESPACES,
  locals: readonly Local[],
): Readonly<Record<Local, XmlName>> {
  const uri = XML_NAMESPACES[prefix];
  const names: Partial<Record<Local, XmlName>> = {};
  for (const local of locals) names[local] = { uri, prefix, local };
  return names as Record<Local, XmlName>;
}

/** The document. */
export const messageNames = namesOf('v2gci_d', ['V2G_Message', 'Header', 'Body']);

/** The children of Header that are not the signature. */
export const headerNames = namesOf('v2gci_h', ['SessionID', 'Notification']);

/** The messages, their fields, and the Id of requests: the schema qualifies attributes too. */
export const bodyNames = namesOf('v2gci_b', [
  'CertificateInstallationReq',
  'CertificateInstallationRes',
  'CertificateUpdateReq',
  'CertificateUpdateRes',
  'Id',
  'OEMProvisioningCert',
  'ListOfRootCertificateIDs',
  'ResponseCode',
  'SAProvisioningCertificateChain',
  'ContractSignatureCertChain',
  'ContractSignatureEncryptedPrivateKey',
  'DHpublickey',
  'eMAID',
  'RetryCounter',
]);

/** What the fields consist of, and the Id of the signed ones. */
export const typeNames = namesOf('v2gci_t', [
  'Id',
  'FaultCode',
  'FaultMsg',
  'Certificate',
  'SubCertificates',
  'RootCertificateID',
]);

/** XML Signature, and X509IssuerSerialType of it, which names the roots of a car. */
export const signatureNames = namesOf('xmlsig', [
  'Signature',
  'SignedInfo',
  'CanonicalizationMethod',
  'SignatureMethod',
  'HMACOutputLength',
  'Reference',
  'Transforms',
  'Transform',
  'XPath',
  'DigestMethod',
  'DigestValue',
  'SignatureValue',
  'KeyInfo',
  'Object',
  'X509IssuerName',
  'X509SerialNumber',
]);

/** The attributes of XML Signature, which have no namespace. */
export const signatureAttributes = {
  Id: { uri: '', prefix: '', local: 'Id' },
  Type: { uri: '', prefix: '', local: 'Type' },
  URI: { uri: '', prefix: '', local: 'URI' },
  Algorithm: { uri: '', prefix: '', local: 'Algorithm' },
} as const satisfies Record<string, XmlName>;

/** Whether two names are the same name, prefixes aside. */
export function sameName(
  one: Pick<XmlName, 'uri' | 'local'>,
  other: Pick<XmlName, 'uri' | 'local'>,
): boolean {
  return one.local === other.local && one.uri === other.uri;
}
