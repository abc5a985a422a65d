/** Object identifiers of the attribute types that the rules look at. */
export const commonNameType = '2.5.4.3';
export const organizationType = '2.5.4.10';
export const domainComponentType = '0.9.2342.19200300.100.1.25';

/** The names under which attribute types are written, the preferred one first (RFC 4514 clause 3, RFC 4519). */
const namesByOid: Readonly<Record<string, readonly string[]>> = {
  [commonNameType]: ['CN', 'commonName'],
  '2.5.4.4': ['SN', 'surname'],
  '2.5.4.5': ['serialNumber'],
  '2.5.4.6': ['C', 'countryName'],
  '2.5.4.7': ['L', 'localityName'],
  '2.5.4.8': ['ST', 'S', 'stateOrProvinceName'],
  '2.5.4.9': ['STREET', 'streetAddress'],
  [organizationType]: ['O', 'organizationName'],
  '2.5.4.11': ['OU', 'organizationalUnitName'],
  '2.5.4.12': ['title', 'T'],
  '2.5.4.13': ['description'],
  '2.5.4.15': ['businessCategory'],
  '2.5.4.17': ['postalCode'],
  '2.5.4.20': ['telephoneNumber'],
  '2.5.4.41': ['name'],
  '2.5.4.42': ['GN', 'G', 'givenName'],
  '2.5.4.43': ['initials'],
  '2.5.4.44': ['generationQualifier'],
  '2.5.4.46': ['dnQualifier', 'DNQ'],
  '2.5.4.65': ['pseudonym'],
  '2.5.4.97': ['organizationIdentifier'],
  [domainComponentType]: ['DC', 'domainComponent'],
  '0.9.2342.19200300.100.1.1': ['UID', 'userId'],
  '1.2.840.113549.1.9.1': ['emailAddress', 'E', 'email', 'EMAILADDRESS'],
  '1.3.6.1.4.1.311.60.2.1.1': ['jurisdictionL'],
  '1.3.6.1.4.1.311.60.2.1.2': ['jurisdictionST'],
  '1.3.6.1.4.1.311.60.2.1.3': ['jurisdictionC'],
};

const oidByName = new Map(
  Object.entries(namesByOid).flatMap(([oid, names]) =>
    names.map((name) => [name.toUpperCase(), oid] as const),
  ),
);

/**
 * The object identifier of an attribute type given by name (any case) or in dotted form, with or without
 * `OID.` before it; undefined if the text is neither. An unknown name stands for itself, in upper case, so
 * that two names that spell it alike still compare.
 */
export function attributeTypeOid(type: string): string | undefined {
  const upper = type.toUpperCase();
  const known = oidByName.get(upper);
  if (known !== undefined) return known;
  const dotted = upper.startsWith('OID.') ? upper.slice(4) : upper;
  if (/^[0-2](?:\.(?:0|[1-9][0-9]*))+$/.test(dotted)) return dotted;
  return /^[A-Z][A-Z0-9-]*$/.test(upper) ? upper : undefined;
}

/** The name under which the attribute type `oid` is written; the identifier itself if it has none. */
export function attributeTypeName(oid: string): string {
  return namesByOid[oid]?.[0] ?? oid;
}
