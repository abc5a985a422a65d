import { randomInt } from 'node:crypto';
import { emaidCheckDigit, wrapContractKey } from '@chargegraph/iso15118';
import {
  issueContractCertificate,
  parseCertificate,
  toPem,
  verifyChain,
  type Certificate,
  type DemoPki,
} from '@chargegraph/pki';
import { check } from '../check.ts';
import { demoProviderId } from '../clients.ts';
import type { Doors } from '../doors.ts';

/** A car as the MO finds it in PCP. */
export interface FoundVehicle {
  readonly certificate: Certificate;
  /** Subject of the root that its chain ends at. */
  readonly root: string;
}

const lookUp = /* GraphQL */ `
  query LookUp($pcid: PCID!) {
    provisioningCertificate(pcid: $pcid) {
      pcid
      certificate {
        pem
      }
      subCaCertificates {
        pem
      }
    }
    rootCertificates(where: { type: [OEM, V2G] }, first: 100) {
      nodes {
        certificate {
          pem
        }
      }
    }
  }
`;

interface LookUpAnswer {
  readonly provisioningCertificate: {
    readonly pcid: string;
    readonly certificate: { readonly pem: string };
    readonly subCaCertificates: readonly { readonly pem: string }[];
  } | null;
  readonly rootCertificates: {
    readonly nodes: readonly { readonly certificate: { readonly pem: string } }[];
  };
}

/** Looks a car up by its PCID and verifies its chain against the roots that RCP holds, trusting no verdict but its own. */
export async function lookUpVehicle(doors: Doors, pcid: string): Promise<FoundVehicle> {
  const answer = await doors.graphql<LookUpAnswer>(lookUp, { pcid });
  const found = answer.provisioningCertificate;
  check(found !== null, 'the car is found by its PCID');
  const verdict = verifyChain({
    leaf: parseCertificate(found.certificate.pem),
    intermediates: found.subCaCertificates.map(({ pem }) => parseCertificate(pem)),
    roots: answer.rootCertificates.nodes.map(({ certificate }) => parseCertificate(certificate.pem)),
    at: new Date(),
  });
  check(verdict.valid, 'the car’s chain ends at a root of RCP');
  const certificate = parseCertificate(found.certificate.pem);
  check(certificate.commonName === pcid, 'the certificate is that car’s');
  return { certificate, root: verdict.root.subject };
}

/** An EMAID of the demo's MO that nobody has yet, with its check digit. */
export function makeEmaid(): string {
  const identity = `${demoProviderId}C${String(randomInt(100_000_000)).padStart(8, '0')}`;
  return identity + emaidCheckDigit(identity);
}

/** `SignContractDataInput` without a car: a new contract certificate, its key wrapped for the car. */
export async function makeContractData(pki: DemoPki, emaid: string, vehicle: FoundVehicle) {
  const now = Date.now();
  const day = 86_400_000;
  const { certificate, privateKey } = await issueContractCertificate(pki, {
    emaid,
    notBefore: new Date(now - 60_000),
    notAfter: new Date(now + 365 * day),
  });
  const wrapped = wrapContractKey({ privateKey, oemPublicKey: vehicle.certificate.publicKey });
  return {
    contractCertificate: toPem(certificate),
    subCaCertificates: [toPem(pki.mo.subCa2.certificate), toPem(pki.mo.subCa1.certificate)],
    encryptedPrivateKey: Buffer.from(wrapped.encryptedPrivateKey).toString('base64'),
    dhPublicKey: Buffer.from(wrapped.dhPublicKey).toString('base64'),
  };
}
