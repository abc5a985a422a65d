import { expiryQuestion } from '@chargegraph/expiry';
import {
  auditRecords,
  certificateFields,
  certificateResolvers,
  globalId,
  readGlobalId,
} from '@chargegraph/graph';
import type { Resolvers } from '../../generated/resolvers.ts';
import { chainVerdict, presentRoot } from '../domain/chain-verdict.ts';
import type { Context } from '../context.ts';
import type { ContractCa } from '../domain/contract-ca.ts';
import { signingExpiry } from '../domain/expiry.ts';
import { chainEnd, type Signer } from '../domain/signer.ts';
import { contractMutations } from './contract-mutations.ts';
import { keyOfId } from './ids.ts';
import { contractCaList, signerList } from './lists.ts';
import { eventQueries, eventResolvers } from './operator-events.ts';
import { operatorMutations } from './operator-mutations.ts';
import {
  issuedFields,
  revocationMutations,
  revocationQueries,
  revokedCertificateResolvers,
} from './revocation.ts';

/** CPS's resolvers: arguments in, the service's rules, result out. */
export const resolvers: Resolvers = {
  Query: {
    cpsSigners: (_, args, context) => signerList(args, context),
    contractCas: (_, args, context) => contractCaList(args, context),
    ...revocationQueries,
    ...eventQueries,
    signingServiceExpiry: async (_, { within }, { counts, pools, clock }) => {
      const question = expiryQuestion(within, clock.now());
      const kinds = await signingExpiry(counts, await pools.roots.known(), question);
      return { pool: 'cps', at: question.now, kinds };
    },
    signingAudit: (_, args, { auditLog }) => auditRecords(auditLog, args),
  },
  ...eventResolvers,
  Mutation: { ...operatorMutations, ...contractMutations, ...revocationMutations },
  Certificate: certificateResolvers,
  CpsSigner: {
    __resolveReference: ({ id }, { signers }) => {
      const key = keyOfId('CpsSigner', id);
      return key === undefined ? null : signers.find(key);
    },
    id: ({ certificate, namespace }) => globalId('CpsSigner', certificate.fingerprint, namespace),
    certificate: ({ certificate }) => certificateFields(certificate),
    subCaCertificates: ({ subCas }) => subCas.map(certificateFields),
    rootCertificate: (chained, _, context) => rootLink(chained, 'CPS_LEAF', context),
    verdict: (signer, _, context) => verdictOf(signer, 'CPS_LEAF', context),
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
    rootCertificate: (chained, _, context) => rootLink(chained, undefined, context),
    verdict: (ca, _, context) => verdictOf(ca, undefined, context),
    ...issuedFields,
    endsAt: (ca) => chainEnd(ca),
    retiredAt: ({ retirement }) => retirement?.at ?? null,
    retirementReason: ({ retirement }) => retirement?.reason ?? null,
  },
  ...revokedCertificateResolvers,
  RootCertificate: {
    __resolveReference: ({ id }) => ({ id }),
    cpsSigners: ({ id }, args, context) => {
      const [fingerprint = ''] = readGlobalId('RootCertificate', id) ?? [];
      return signerList(args, context, fingerprint);
    },
  },
};

async function verdictOf(
  chained: Signer | ContractCa,
  role: 'CPS_LEAF' | undefined,
  { clock, pools, revocation }: Pick<Context, 'clock' | 'pools' | 'revocation'>,
) {
  return chainVerdict(chained, role, {
    held: await pools.roots.current(),
    statuses: await revocation.counting([chained.certificate, ...chained.subCas]),
    now: clock.now(),
  });
}

async function rootLink(
  chained: Signer | ContractCa,
  role: 'CPS_LEAF' | undefined,
  { clock, pools }: Pick<Context, 'clock' | 'pools'>,
) {
  const { fingerprint } = presentRoot(chained, role, { held: await pools.roots.known(), now: clock.now() });
  return { __typename: 'RootCertificate' as const, id: globalId('RootCertificate', fingerprint) };
}
