/** Who an example is for, and what they are called. */
export const parties = {
  oem: 'Car maker (OEM)',
  mo: 'Mobility operator (MO)',
  cpo: 'Charge point operator (CPO)',
  cps: 'Provisioning service (CPS)',
  operator: 'Operator of the ecosystem',
} as const;

export type Party = keyof typeof parties;

/** A saved operation of a party's, which its rights allow. */
export interface Example {
  readonly party: Party;
  /** What it does, in a few words; no two of a party's are alike. */
  readonly title: string;
  /** GraphQL, with one operation. */
  readonly document: string;
  /** Its variables; what only the party has is one of {@link placeholders}. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** What stands in an example's variables where the party puts something of its own. */
export const placeholders = {
  pcid: '<id of a car, e.g. WMIA1B2C3D4E5F6G7>',
  emaid: '<id of a contract, e.g. DEEMP9C1A2B3C4D>',
  newPcid: '<id of a car without a contract>',
  newEmaid: '<id of a contract to come>',
  contractBegins: '<when it begins, e.g. 2030-01-01T00:00:00Z>',
  contractEnds: '<when it ends, e.g. 2031-12-31T00:00:00Z>',
  vehicleCertificate: '<the car’s certificate, PEM>',
  oemSubCa1: '<the sub-CA below your root, PEM>',
  oemSubCa2: '<the sub-CA that issued the car’s certificate, PEM>',
  contractCertificate: '<the contract certificate, PEM>',
  moSubCa1: '<the sub-CA below the contract’s root, PEM>',
  moSubCa2: '<the sub-CA that issued the contract certificate, PEM>',
  encryptedPrivateKey: '<the contract’s key, encrypted for the car, base64>',
  dhPublicKey: '<your ephemeral public key, base64>',
  signedContractData: '<a CertificateInstallationRes in EXI, base64>',
  installationRequest: '<the car’s CertificateInstallationReq in EXI, base64>',
  rootCertificate: '<a self-signed certificate, PEM>',
} as const;
