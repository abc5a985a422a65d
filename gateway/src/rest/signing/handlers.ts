import { parseCertificate } from '@chargegraph/pki';
import type { components } from '../../../generated/opcp.ts';
import {
  GenerateContractDataDocument,
  ListCpsSignersDocument,
  SignContractDataDocument,
  type Namespace,
} from '../../../generated/operations.ts';
import { allPages } from '../all-pages.ts';
import { opcpName } from '../certificates/certificate-facts.ts';
import { optionalText } from '../certificates/certificate-text.ts';
import { namedNamespace, opcpNamespace } from '../namespaces.ts';
import type { Ask, Handlers } from '../operation.ts';
import { rootFingerprint } from '../root-certificates/find-root.ts';
import { readContractData, requireSameEmaid, type SentContractData } from './contract-data.ts';
import { readInstant } from './contract-dates.ts';
import { opcpSigner } from './cps-signer.ts';
import { opcpSignedData } from './signed-data.ts';

/** What all calls that sign contract data are sent. */
interface SigningRequest {
  readonly contractData: SentContractData;
  readonly emaid?: string | null;
  readonly pcid?: string | null;
  readonly xsdMsgDefNamespace?: string | null;
  readonly cpsV2GRootCertificateFingerprint?: string | null;
  readonly metaData?: string | null;
}

/** CPS: signs contract data. */
export const signing = {
  signContractData: async ({ body, ask }) => {
    const { pcid, ...signed } = await sign(ask, body, { store: true });
    return { status: 201, body: { pcid: pcid ?? null, ...signed } };
  },

  createAndForwardSignedContractData: async ({ body, ask }) => {
    await sign(ask, body, { store: true });
    return { status: 201, body: {} };
  },

  createSignedContractData: async ({ body, ask }) => ({
    status: 200,
    body: { ...(await sign(ask, body, { store: false })), pcid: body.pcid },
  }),

  generateSignedContractData: async ({ body, ask }) => {
    const input = {
      pcid: body.pcid,
      emaid: body.emaid,
      contractBegins: readInstant(body.contractBegins, 'contractBegins'),
      contractEnds: readInstant(body.contractEnds, 'contractEnds'),
      ...(await signerChoice(ask, body)),
    };
    await ask(GenerateContractDataDocument, { input });
    return { status: 201, body: {} };
  },

  getAllCpsSigners: async ({ ask }) => ({ status: 200, body: await listSigners(ask) }),
  getAllCpsSignersV1: async ({ ask }) => ({ status: 200, body: await listSigners(ask) }),
} satisfies Handlers;

async function sign(ask: Ask, body: SigningRequest, { store }: { readonly store: boolean }) {
  const data = readContractData(body.contractData);
  requireSameEmaid(data.contractCertificate, [body.emaid, body.contractData.emaid]);
  const pcid = optionalText(body.pcid);
  const choice = await signerChoice(ask, body);
  const input = { ...data, ...choice, store, ...(pcid !== undefined && { pcid }) };
  const { signContractData: payload } = await ask(SignContractDataDocument, { input });
  const { emaid, signedContractData: exi, cpsSigner } = payload;
  if (emaid == null || exi == null || cpsSigner?.rootCertificate == null)
    throw new Error('Signed contract data or its signer is not there.');
  const root = parseCertificate(cpsSigner.rootCertificate.certificate.pem);
  const metaData = body.metaData ?? undefined;
  return {
    ...(pcid !== undefined && { pcid }),
    emaid,
    xsdMsgDefNamespace: opcpNamespace[choice.namespace],
    signedData: opcpSignedData(exi, choice.namespace),
    cpsV2GRootCertificateFingerprint: root.fingerprint,
    cpsRootDistinguishedName: opcpName(root.subject),
    ...(metaData !== undefined && { metaData }),
  };
}

/** For which generation, and under which V2G root when the client wants a certain one. */
async function signerChoice(
  ask: Ask,
  body: Pick<SigningRequest, 'xsdMsgDefNamespace' | 'cpsV2GRootCertificateFingerprint'>,
): Promise<{ readonly namespace: Namespace; readonly v2gRootFingerprint?: string }> {
  const namespace = namedNamespace(body.xsdMsgDefNamespace) ?? 'ISO15118_2';
  const v2gRootFingerprint = await rootFingerprint(ask, body.cpsV2GRootCertificateFingerprint);
  return v2gRootFingerprint === undefined ? { namespace } : { namespace, v2gRootFingerprint };
}

async function listSigners(ask: Ask): Promise<components['schemas']['CpsSigners']> {
  const signers = await allPages(async (after) => (await ask(ListCpsSignersDocument, { after })).cpsSigners);
  return { cpsCertificates: signers.flatMap(opcpSigner) };
}
