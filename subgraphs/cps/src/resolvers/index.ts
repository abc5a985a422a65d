import {
  actOf,
  auditRecords,
  certificateFields,
  globalId,
  fingerprintKey,
  identifierKey,
  instantKey,
  pageRequest,
  readGlobalId,
  toConnection,
  toUserError,
  verdictOfDates,
  withUserErrors,
} from '@chargegraph/graph';
import { ChargeGraphError } from '@chargegraph/service';
import type { Resolvers, SignContractDataInput } from '../../generated/resolvers.ts';
import type { PublishRefusal } from '../domain/other-pools.ts';
import type { SigningInput, SigningOutcome } from '../domain/sign-contract-data.ts';
import { chainOf, signerSortKey, type Namespace, type Signer } from '../domain/signer.ts';

/** See {@link signerSortKey}: default ones first, then by addition. */
const signerKey = [(text: string) => text === '0' || text === '1', instantKey, fingerprintKey, identifierKey];

const namespaces: ReadonlySet<string> = new Set<Namespace>(['ISO15118_2', 'ISO15118_20']);

/** CPS's resolvers: arguments in, the service's rules, result out. */
export const resolvers: Resolvers = {
  Query: {
    cpsSigners: async (_, args, { signers }) => {
      const page = pageRequest(args, signerKey);
      return toConnection(page, await signers.page(page), signerSortKey, () => signers.count());
    },
    signingAudit: (_, args, { auditLog }) => auditRecords(auditLog, args),
  },
  Mutation: {
    addCpsSigner: (_, { input }, { signers, pools, ...context }) =>
      withUserErrors(noSigner, async (): Promise<typeof noSigner> => ({
        cpsSigner: await signers.add(
          { ...input, namespace: input.namespace ?? 'ISO15118_2', makeDefault: input.makeDefault ?? false },
          pools,
          actOf(context),
        ),
      })),

    signContractData: async (_, { input }, { signing, caller, pools, traceId }) => {
      const { outcome, userErrors } = await withUserErrors(
        noOutcome,
        async (): Promise<typeof noOutcome> => ({
          outcome: await signing.sign(toSigningInput(input), caller, pools, actOf({ caller, traceId })),
        }),
      );
      if (outcome === undefined) return { ...nothingSigned, userErrors };
      if ('refusals' in outcome)
        return { ...nothingSigned, userErrors: outcome.refusals.map(fromContractPool) };
      const { exi, emaid, signer, contractId } = outcome.signed;
      return {
        signedContractData: exi,
        emaid,
        cpsSigner: signer,
        contract: contractId === undefined ? null : { __typename: 'Contract', id: contractId },
        userErrors: [],
      };
    },
  },
  CpsSigner: {
    __resolveReference: ({ id }, { signers }) => {
      const [fingerprint = '', namespace = ''] = readGlobalId('CpsSigner', id, 2) ?? [];
      return isNamespace(namespace) ? signers.find(fingerprint, namespace) : null;
    },
    id: ({ certificate, namespace }) => globalId('CpsSigner', certificate.fingerprint, namespace),
    certificate: ({ certificate }) => certificateFields(certificate),
    subCaCertificates: ({ subCas }) => subCas.map(certificateFields),
    rootCertificate: ({ root }) => ({
      __typename: 'RootCertificate',
      id: globalId('RootCertificate', root.fingerprint),
    }),
    verdict: (signer, _, { clock }) => verdictOfDates(chainOf(signer), clock.now(), signer.addedAt),
  },
};

const toSigningInput = (input: SignContractDataInput): SigningInput => ({
  ...input,
  namespace: input.namespace ?? 'ISO15118_2',
  pcid: input.pcid ?? undefined,
  v2gRootFingerprint: input.v2gRootFingerprint ?? undefined,
});

const noSigner: { cpsSigner: Signer | null } = { cpsSigner: null };
const noOutcome: { outcome: SigningOutcome | undefined } = { outcome: undefined };
const nothingSigned = { signedContractData: null, emaid: null, cpsSigner: null, contract: null };

const isNamespace = (name: string): name is Namespace => namespaces.has(name);

/** What the contract pool says of the signed data is, to whoever had it signed, about the contract certificate. */
const fieldsOfPublishing: Readonly<Record<string, string>> = {
  pcid: 'pcid',
  signedContractData: 'contractCertificate',
};

function fromContractPool({ message, code, path }: PublishRefusal) {
  const field = fieldsOfPublishing[path?.[1] ?? ''];
  return toUserError(new ChargeGraphError(code, message, field === undefined ? {} : { path: [field] }));
}
