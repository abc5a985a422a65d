import { expiryQuestion } from '@chargegraph/expiry';
import {
  auditRecords,
  certificateFields,
  certificateResolvers,
  globalId,
  readGlobalId,
  withUserErrors,
} from '@chargegraph/graph';
import { wmiOf } from '@chargegraph/iso15118';
import type { PublishProvisioningCertificateInput, Resolvers } from '../../generated/resolvers.ts';
import { chainVerdict, presentRoot } from '../domain/chain-verdict.ts';
import { provisioningExpiry } from '../domain/expiry.ts';
import {
  namespaces,
  type Namespace,
  type ProvisioningCertificate,
} from '../domain/provisioning-certificate.ts';
import type { SubmissionInput } from '../domain/submission.ts';
import { certificatePage } from './certificate-lists.ts';
import { eventQueries, eventResolvers } from './provisioning-events.ts';

const submission = (input: PublishProvisioningCertificateInput): SubmissionInput => ({
  vehicleCertificate: input.vehicleCertificate,
  subCa1Certificate: input.subCa1Certificate,
  subCa2Certificate: input.subCa2Certificate ?? undefined,
  namespace: input.namespace ?? 'ISO15118_2',
  v2gRootAuthorityKeyIdentifiers: input.v2gRootAuthorityKeyIdentifiers ?? undefined,
  previousPcid: input.previousPcid ?? undefined,
});

/** PCP's resolvers: arguments in, the pool's rules, result out. */
export const resolvers: Resolvers = {
  Query: {
    provisioningCertificate: (_, { pcid, namespace }, { pool, caller, ...asking }) =>
      pool.handOut(caller, { pcid, namespace }, asking),
    provisioningCertificates: (_, args, context) => certificatePage(args, context),
    vehicleExists: (_, { pcid }, { pool, caller }) => pool.exists(caller, pcid),
    ...eventQueries,
    provisioningPoolExpiry: async (_, { within }, { counts, trustedRoots, clock }) => {
      const question = expiryQuestion(within, clock.now());
      const kinds = await provisioningExpiry(counts, await trustedRoots.known(), question);
      return { pool: 'pcp', at: question.now, kinds };
    },
    provisioningPoolAudit: (_, args, { auditLog }) => auditRecords(auditLog, args),
  },
  Mutation: {
    publishProvisioningCertificate: (_, { input }, { pool, caller, ...writing }) =>
      withUserErrors<{ provisioningCertificate: ProvisioningCertificate | null }>(
        { provisioningCertificate: null },
        async () => ({
          provisioningCertificate: await pool.publish(caller, submission(input), writing),
        }),
      ),
    updateProvisioningCertificate: (_, { input }, { pool, caller, ...writing }) =>
      withUserErrors<{ provisioningCertificate: ProvisioningCertificate | null }>(
        { provisioningCertificate: null },
        async () => ({
          provisioningCertificate: await pool.update(caller, submission(input), writing),
        }),
      ),
    deleteProvisioningCertificate: (_, { input }, { pool, caller, act }) =>
      withUserErrors<{ deletedNamespaces: readonly Namespace[]; deletedPcid: string | null }>(
        { deletedNamespaces: [], deletedPcid: null },
        async () => {
          const deleted = await pool.delete(caller, input.pcid, input.namespace ?? undefined, act);
          return {
            deletedNamespaces: deleted.map(({ namespace }) => namespace),
            deletedPcid: deleted[0]?.leaf.commonName ?? input.pcid,
          };
        },
      ),
    factoryResetVehicle: (_, { input }, { pool, caller, act }) =>
      withUserErrors<{ provisioningCertificates: readonly ProvisioningCertificate[] }>(
        { provisioningCertificates: [] },
        async () => ({ provisioningCertificates: await pool.factoryReset(caller, input.pcid, act) }),
      ),
  },
  ...eventResolvers,
  Certificate: certificateResolvers,
  ProvisioningCertificate: {
    __resolveReference: (reference, { pool, caller }) => {
      const { id } = reference as { id?: string };
      const [text, pcid] =
        (id === undefined ? undefined : readGlobalId('ProvisioningCertificate', id, 2)) ?? [];
      const namespace = namespaces.find((name) => name === text);
      return pcid === undefined || namespace === undefined ? undefined : pool.find(caller, pcid, namespace);
    },
    id: ({ pcid, namespace }) => globalId('ProvisioningCertificate', namespace, pcid),
    pcid: ({ pcid, leaf }) => leaf.commonName ?? pcid,
    wmi: ({ pcid }) => wmiOf(pcid),
    certificate: ({ leaf }) => certificateFields(leaf),
    subCaCertificates: ({ subCas }) => subCas.map(certificateFields),
    rootCertificate: async (certificate, _, { trustedRoots, clock }) => {
      const root = presentRoot(certificate, await trustedRoots.known(), clock.now());
      return { id: globalId('RootCertificate', root.fingerprint) };
    },
    verdict: async (certificate, _, { trustedRoots, revocation, clock }) =>
      chainVerdict(certificate, {
        held: await trustedRoots.current(),
        statuses: await revocation.counting([certificate.leaf, ...certificate.subCas]),
        now: clock.now(),
      }),
    v2gRootAuthorityKeyIdentifiers: ({ v2gRootKeyIdentifiers }) => v2gRootKeyIdentifiers,
    contractEpoch: ({ epoch }) => epoch.toString(),
  },
  RootCertificate: {
    __resolveReference: ({ id }) => (rootOf(id) === undefined ? null : { id }),
    provisioningCertificates: (root, args, context) =>
      certificatePage(args, context, { rootFingerprint: rootOf(root.id) ?? '' }),
  },
};

/** A root's global id is its fingerprint. */
const rootOf = (id: string) => readGlobalId('RootCertificate', id)?.[0];
