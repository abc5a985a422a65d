import { parseCertificate } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import type { components } from '../../../generated/opcp.ts';
import {
  RemoveRootCertificateDocument,
  SaveRootCertificateDocument,
  TrustListDocument,
  type RootType,
} from '../../../generated/operations.ts';
import { certificateText, derText, optionalText } from '../certificates/certificate-text.ts';
import type { Handlers } from '../operation.ts';
import { findRoot, listRoots } from './find-root.ts';
import { opcpRoot } from './root-certificate.ts';
import { readRootName } from './root-id.ts';

/** RCP: the trust anchors. */
export const rootCertificates = {
  getAllRootCerts: async ({ query, ask }) => {
    const type = optionalText(query.rootType)?.toUpperCase() as RootType | undefined;
    const roots = await listRoots(ask, type);
    return {
      status: 200,
      body: { RootCertificateCollection: { rootCertificates: roots.map(opcpRoot) } },
    };
  },

  getRootCert: async ({ params, ask }) => ({
    status: 200,
    body: { RootResponse: opcpRoot(await findRoot(ask, params.rootCertificateId)) },
  }),

  getCertificateTrustList: async ({ ask }) => {
    const { trustList } = await ask(TrustListDocument, {});
    if (trustList == null)
      throw new ChargeGraphError('NOT_FOUND', 'This installation signs no certificate trust list.');
    const { content, signedData, signerCertificate, issuedAt } = trustList;
    const list = JSON.parse(content) as components['schemas']['TrustList']['CTL'];
    return {
      status: 200,
      body: {
        signerCertificate: derText(parseCertificate(signerCertificate.pem)),
        timeStamp: issuedAt,
        CTL: { ...list, signedData },
      },
    };
  },

  saveRootCert: async ({ body, ask }) => {
    const certificate = certificateText(body.caCertificate, 'caCertificate');
    const type = body.rootType.toUpperCase() as RootType;
    const { addRootCertificate } = await ask(SaveRootCertificateDocument, { input: { certificate, type } });
    const root = addRootCertificate.rootCertificate ?? { type, certificate: { pem: certificate } };
    return { status: 200, body: { RootResponse: opcpRoot(root) } };
  },

  deleteRootCert: async ({ params, query, ask }) => {
    const name = readRootName(params.rootCertificateId);
    // Named by its fingerprint it is the pool's to say that there is none, and to record it.
    const { fingerprint } =
      name !== undefined && 'fingerprint' in name
        ? name
        : parseCertificate((await findRoot(ask, params.rootCertificateId)).certificate.pem);
    const reason = optionalText(query.reason) ?? 'No reason was given.';
    await ask(RemoveRootCertificateDocument, { input: { fingerprint, reason } });
    return { status: 200, body: {} };
  },
} satisfies Handlers;
