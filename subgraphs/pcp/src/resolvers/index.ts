import {
  actOf,
  auditRecords,
  certificateFields,
  globalId,
  readGlobalId,
  verdictOfDates,
  withUserErrors,
} from '@chargegraph/graph';
import { wmiOf } from '@chargegraph/iso15118';
import type { Resolvers } from '../../generated/resolvers.ts';
import { namespaces, type ProvisioningCertificate } from '../domain/provisioning-certificate.ts';

/** PCP's resolvers: arguments in, the pool's rules, result out. */
export const resolvers: Resolvers = {
  Query: {
    provisioningCertificate: (_, { pcid, namespace }, { pool, caller }) => pool.find(caller, pcid, namespace),
    vehicleExists: (_, { pcid }, { pool, caller }) => pool.exists(caller, pcid),
    provisioningPoolAudit: (_, args, { auditLog }) => auditRecords(auditLog, args),
  },
  Mutation: {
    publishProvisioningCertificate: (_, { input }, { pool, caller, trustedRoots, traceId }) =>
      withUserErrors<{ provisioningCertificate: ProvisioningCertificate | null }>(
        { provisioningCertificate: null },
        async () => ({
          provisioningCertificate: await pool.publish(
            caller,
            {
              vehicleCertificate: input.vehicleCertificate,
              subCa1Certificate: input.subCa1Certificate,
              subCa2Certificate: input.subCa2Certificate ?? undefined,
              namespace: input.namespace ?? 'ISO15118_2',
              v2gRootAuthorityKeyIdentifiers: input.v2gRootAuthorityKeyIdentifiers ?? undefined,
              previousPcid: input.previousPcid ?? undefined,
            },
            trustedRoots,
            actOf({ caller, traceId }),
          ),
        }),
      ),
  },
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
    rootCertificate: ({ root }) => ({
      __typename: 'RootCertificate',
      id: globalId('RootCertificate', root.fingerprint),
    }),
    verdict: ({ leaf, subCas, root, warnings, updatedAt }, _, { clock }) => {
      const verdict = verdictOfDates([leaf, ...subCas, root], clock.now(), updatedAt);
      return { ...verdict, reasons: [...verdict.reasons, ...warnings] };
    },
    v2gRootAuthorityKeyIdentifiers: ({ v2gRootKeyIdentifiers }) => v2gRootKeyIdentifiers,
  },
};
