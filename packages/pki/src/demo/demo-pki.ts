import { generateEcKeyPair } from '../generate-key-pair.ts';
import { profileRules, type CertificateRole } from '../profile-rules.ts';
import type { Subject } from '../certificate-parts.ts';
import { addYears, minimumDate } from './dates.ts';
import { issueCertificate, type IssuedCertificate } from './issue-certificate.ts';

/** Two sub-CAs, one below the other; the second one issues the leaves. */
export interface SubCaBranch {
  readonly subCa1: IssuedCertificate;
  readonly subCa2: IssuedCertificate;
}

/** Two sub-CAs with one leaf. */
export interface LeafBranch extends SubCaBranch {
  readonly leaf: IssuedCertificate;
}

/** A whole Plug & Charge PKI for trying things out: every certificate with its private key. */
export interface DemoPki {
  readonly v2gRoot: IssuedCertificate;
  /** Certificate provisioning service, under the V2G root. */
  readonly cps: LeafBranch;
  /** Charge point operator, under the V2G root; the leaf is a charging station's (SECC). */
  readonly cpo: LeafBranch;
  /** Mobility operator CAs under the V2G root. */
  readonly v2gMo: SubCaBranch;
  readonly oemRoot: IssuedCertificate;
  /** Under the OEM root. */
  readonly oem: SubCaBranch;
  readonly moRoot: IssuedCertificate;
  /** Under the MO root. */
  readonly mo: SubCaBranch;
}

/** How {@link createDemoPki} makes it. */
export interface DemoPkiOptions {
  /** Everything is valid from an hour before this instant. */
  readonly now: Date;
  /** Address of the OCSP responder that the certificates name; none unless given: nobody answers for them then. */
  readonly ocspUrl?: string;
  /** The generation of ISO 15118 whose keys it has, P-256 or P-521; `-2` unless given. */
  readonly edition?: Edition;
}

/** The generation of ISO 15118 that a demo PKI is for. */
type Edition = '-2' | '-20';

/** The curve of all keys (ISO 15118-2 annex F; ISO 15118-20, its primary curve). */
const curves: Readonly<Record<Edition, string>> = { '-2': 'P-256', '-20': 'P-521' };

interface Lifetimes {
  /** Years. */
  readonly subCa1: number;
  readonly subCa2: number;
}

/** As long as annex F allows under the V2G root; an OEM's and an MO's own last for a car's and a few contracts'. */
const v2gLifetimes: Lifetimes = { subCa1: 4, subCa2: 2 };
const oemLifetimes: Lifetimes = { subCa1: 35, subCa2: 30 };
const moLifetimes: Lifetimes = { subCa1: 20, subCa2: 10 };
const rootLifetime = 40;
const leafLifetimeDays = 90;

const hour = 3_600_000;
const day = 24 * hour;

/**
 * Makes the demo PKI after the ISO 15118-2 certificate profile (annex F): P-256 with SHA-256, path lengths 1 and
 * 0 on the sub-CAs, critical key usages, nested dates, none larger than 800 octets. For -20 the same on P-521 with
 * SHA-512, none larger than 1,600 octets; its CAs' names say so.
 */
export async function createDemoPki(options: DemoPkiOptions): Promise<DemoPki> {
  const notBefore = new Date(options.now.getTime() - hour);
  const { ocspUrl } = options;
  const edition = options.edition ?? '-2';
  const curve = curves[edition];
  const demo = edition === '-2' ? 'Demo' : 'Demo -20';

  const root = (role: CertificateRole, name: string, domain: string): Promise<IssuedCertificate> =>
    issue({
      role,
      curve,
      subject: demoSubject(`${demo} ${name}`, domain),
      notBefore,
      notAfter: addYears(notBefore, rootLifetime),
    });

  const branch = async (
    issuer: IssuedCertificate,
    name: string,
    domain: string,
    years: Lifetimes,
  ): Promise<SubCaBranch> => {
    const common = { notBefore, curve, ...(ocspUrl !== undefined && { ocspUrl }) };
    const subCa1 = await issue({
      ...common,
      role: 'SUB_CA_1',
      subject: demoSubject(`${demo} ${name} Sub-CA 1`, domain),
      issuer,
      pathLength: 1,
      notAfter: addYears(notBefore, years.subCa1),
    });
    const subCa2 = await issue({
      ...common,
      role: 'SUB_CA_2',
      subject: demoSubject(`${demo} ${name} Sub-CA 2`, domain),
      issuer: subCa1,
      pathLength: 0,
      notAfter: addYears(notBefore, years.subCa2),
    });
    return { subCa1, subCa2 };
  };

  const withLeaf = async (
    cas: SubCaBranch,
    role: 'CPS_LEAF' | 'CPO_LEAF',
    subject: Subject,
  ): Promise<LeafBranch> => {
    const notAfter = new Date(notBefore.getTime() + leafLifetimeDays * day);
    const leaf = await issue({
      role,
      curve,
      subject,
      issuer: cas.subCa2,
      notBefore,
      notAfter,
      ...(ocspUrl !== undefined && { ocspUrl }),
    });
    return { ...cas, leaf };
  };

  const [v2gRoot, oemRoot, moRoot] = await Promise.all([
    root('V2G_ROOT', 'V2G Root CA', 'V2G'),
    root('OEM_ROOT', 'OEM Root CA', 'OEM'),
    root('MO_ROOT', 'MO Root CA', 'MO'),
  ]);
  const [cps, cpo, v2gMo, oem, mo] = await Promise.all([
    branch(v2gRoot, 'CPS', 'V2G', v2gLifetimes),
    branch(v2gRoot, 'CPO', 'V2G', v2gLifetimes),
    branch(v2gRoot, 'V2G MO', 'V2G', v2gLifetimes),
    branch(oemRoot, 'OEM', 'OEM', oemLifetimes),
    branch(moRoot, 'MO', 'MO', moLifetimes),
  ]);
  const [cpsWithLeaf, cpoWithLeaf] = await Promise.all([
    withLeaf(cps, 'CPS_LEAF', demoSubject(`${demo} CPS`, 'CPS')),
    withLeaf(cpo, 'CPO_LEAF', demoSubject('DECPOS00000000000000000000000000000001', 'CPO')),
  ]);
  return { v2gRoot, cps: cpsWithLeaf, cpo: cpoWithLeaf, v2gMo, oemRoot, oem, moRoot, mo };
}

/** The subject of a certificate of the demo PKI. */
export function demoSubject(commonName: string, domainComponent: string): Subject {
  return { commonName, organization: 'ChargeGraph Demo', country: 'DE', domainComponent };
}

interface DemoRequest {
  readonly role: CertificateRole;
  readonly curve: string;
  readonly subject: Subject;
  readonly issuer?: IssuedCertificate;
  readonly pathLength?: number;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly ocspUrl?: string;
}

async function issue(request: DemoRequest): Promise<IssuedCertificate> {
  const { role, curve, subject, issuer, pathLength, notBefore, notAfter, ocspUrl } = request;
  const { publicKey, privateKey } = generateEcKeyPair(curve);
  const rules = profileRules[role];
  const certificate = await issueCertificate({
    subject,
    publicKey,
    signingKey: issuer?.privateKey ?? privateKey,
    ...(issuer && { issuer: issuer.certificate }),
    notBefore,
    notAfter: issuer === undefined ? notAfter : minimumDate(notAfter, issuer.certificate.notAfter),
    ca: rules.ca === undefined ? false : pathLength === undefined ? {} : { pathLength },
    keyUsage: rules.keyUsage,
    ...(ocspUrl !== undefined && { ocspUrls: [ocspUrl] }),
  });
  return { certificate, privateKey };
}
