import { auditRecords, certificateFields, globalId, readGlobalId } from '@chargegraph/graph';
import type { Resolvers } from '../../generated/resolvers.ts';
import { chainVerdict } from '../domain/chain-verdict.ts';
import { chainEnd } from '../domain/signer.ts';
import { contractMutations } from './contract-mutations.ts';
import { keyOfId } from './ids.ts';
import { contractCaList, signerList } from './lists.ts';
import { operatorMutations } from './operator-mutations.ts';

/** CPS's resolvers: arguments in, the service's rules, result out. */
export const resolvers: Resolvers = {
  Query: {
    cpsSigners: (_, args, context) => signerList(args, context),
    contractCas: (_, args, context) => contractCaList(args, context),
    signingAudit: (_, args, { auditLog }) => auditRecords(auditLog, args),
  },
  Mutation: { ...operatorMutations, ...contractMutations },
  CpsSigner: {
    __resolveReference: ({ id }, { signers }) => {
      const key = keyOfId('CpsSigner', id);
      return key === undefined ? null : signers.find(key);
    },
    id: ({ certificate, namespace }) => globalId('CpsSigner', certificate.fingerprint, namespace),
    certificate: ({ certificate }) => certificateFields(certificate),
    subCaCertificates: ({ subCas }) => subCas.map(certificateFields),
    rootCertificate: ({ root }) => ({
      __typename: 'RootCertificate',
      id: globalId('RootCertificate', root.fingerprint),
    }),
    verdict: (signer, _, { clock }) => chainVerdict(signer, 'CPS_LEAF', clock.now()),
    endsAt: (signer) => chainEnd(signer),
    retiredAt: ({ retirement }) => retirement?.at ?? null,
    retirementReason: ({ retirement }) => retirement?.reason ?? null,
    resigning: ({ certificate, namespace }, _, { resigning }) =>
      resigning.progress({ fingerprint: certificate.fingerprint, namespace }),
  },
  ContractCa: {
    __resolveReference: ({ id }, { contractCas }) => {
      const key = keyOfId('ContractCa', id);
      return key === undefined ? null : contractCas.find(key);
    },
    id: ({ certificate, namespace }) => globalId('ContractCa', certificate.fingerprint, namespace),
    certificate: ({ certificate }) => certificateFields(certificate),
    subCaCertificates: ({ subCas }) => subCas.map(certificateFields),
    rootCertificate: ({ root }) => ({
      __typename: 'RootCertificate',
      id: globalId('RootCertificate', root.fingerprint),
    }),
    verdict: (ca, _, { clock }) => chainVerdict(ca, undefined, clock.now()),
    retiredAt: ({ retirement }) => retirement?.at ?? null,
    retirementReason: ({ retirement }) => retirement?.reason ?? null,
  },
  RootCertificate: {
    __resolveReference: ({ id }) => ({ id }),
    cpsSigners: ({ id }, args, context) => {
      const [fingerprint = ''] = readGlobalId('RootCertificate', id) ?? [];
      return signerList({ ...args, where: { v2gRootFingerprint: fingerprint } }, context);
    },
  },
};
