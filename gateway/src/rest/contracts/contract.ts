import { parseCertificate } from '@chargegraph/pki';
import type { components } from '../../../generated/opcp.ts';
import type { Namespace } from '../../../generated/operations.ts';
import { opcpName } from '../certificates/certificate-facts.ts';
import { derText } from '../certificates/certificate-text.ts';
import { opcpNamespace } from '../namespaces.ts';

interface Pem {
  readonly pem: string;
}

/** A contract as the graph tells it. */
export interface HeldContract {
  readonly emaid: string;
  readonly pcid: string;
  readonly isIso2Default: boolean;
  readonly isIso20Default: boolean;
  readonly signedData: readonly {
    readonly namespace: Namespace;
    readonly contractCertificate: Pem;
    /** Not there when the root pool no longer holds it. */
    readonly v2gRoot?: { readonly certificate: Pem } | null | undefined;
  }[];
}

/** A contract as OPCP's answers have it: an entry for each of its variants. */
export function opcpContracts(contract: HeldContract): components['schemas']['Contract'][] {
  const { emaid, pcid, isIso2Default, isIso20Default, signedData } = contract;
  return signedData.map(({ namespace, contractCertificate, v2gRoot }) => {
    const certificate = parseCertificate(contractCertificate.pem);
    const root = v2gRoot == null ? undefined : parseCertificate(v2gRoot.certificate.pem);
    return {
      pcid,
      emaid,
      xsdMsgDefNamespace: opcpNamespace[namespace],
      contractCertificate: derText(certificate),
      defaultContract: namespace === 'ISO15118_2' ? isIso2Default : isIso20Default,
      certValidFrom: certificate.notBefore.toISOString(),
      certValidTo: certificate.notAfter.toISOString(),
      ...(root !== undefined && {
        cpsRootCertificateDN: opcpName(root.subject),
        cpsV2GRootCertificateFingerprint: root.fingerprint,
      }),
    };
  });
}

/** In the order in which a generation is looked for when none is named: OPCP's default first. */
export const generations: readonly Namespace[] = ['ISO15118_2', 'ISO15118_20'];

/** What of a contract is meant when no generation is named: that of the first one that it has data of. */
export function ofOneGeneration(contract: HeldContract): HeldContract {
  const { signedData } = contract;
  const first = generations.find((each) => signedData.some(({ namespace }) => namespace === each));
  return { ...contract, signedData: signedData.filter(({ namespace }) => namespace === first) };
}
