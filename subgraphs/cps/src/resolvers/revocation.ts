import { certificateFields, withUserErrors } from '@chargegraph/graph';
import type {
  ContractRevocationReason as ReasonName,
  MutationResolvers,
  QueryResolvers,
  Resolvers,
} from '../../generated/resolvers.ts';
import type { ContractRevocationReason, RevokedCertificate } from '../domain/issued-certificate.ts';
import type { ContractCa } from '../domain/contract-ca.ts';

const reasons: Readonly<Record<ReasonName, ContractRevocationReason>> = {
  UNSPECIFIED: 'unspecified',
  KEY_COMPROMISE: 'keyCompromise',
  AFFILIATION_CHANGED: 'affiliationChanged',
  SUPERSEDED: 'superseded',
  CESSATION_OF_OPERATION: 'cessationOfOperation',
  PRIVILEGE_WITHDRAWN: 'privilegeWithdrawn',
};

const names = Object.fromEntries(Object.entries(reasons).map(([name, reason]) => [reason, name])) as Readonly<
  Record<ContractRevocationReason, ReasonName>
>;

const nothingRevoked: { revokedCertificate: RevokedCertificate | null } = { revokedCertificate: null };

/** The revocation lists among the fields of `Query`. */
export const revocationQueries: Pick<QueryResolvers, 'contractCaRevocationList'> = {
  contractCaRevocationList: async (_, { fingerprint, namespace }, { revocations }) =>
    (await revocations.list(fingerprint, namespace ?? undefined)) ?? null,
};

/** Revoking by hand. */
export const revocationMutations: Pick<MutationResolvers, 'revokeContractCertificate'> = {
  revokeContractCertificate: (_, { input: { fingerprint, reason } }, { revocations, act }) =>
    withUserErrors(nothingRevoked, async (): Promise<typeof nothingRevoked> => ({
      revokedCertificate: await revocations.revoke({ fingerprint, reason: reasons[reason] }, act),
    })),
};

const keyOf = ({ certificate, namespace }: ContractCa) => ({
  fingerprint: certificate.fingerprint,
  namespace,
});

/** What a CA's fields tell of what it issued. */
export const issuedFields: Pick<
  NonNullable<Resolvers['ContractCa']>,
  'issuedCertificateCount' | 'revokedCertificateCount' | 'revocationList'
> = {
  issuedCertificateCount: async (ca, _, { revocations }) => (await revocations.counts(keyOf(ca))).issued,
  revokedCertificateCount: async (ca, _, { revocations }) => (await revocations.counts(keyOf(ca))).revoked,
  revocationList: async ({ certificate, namespace }, _, { revocations }) =>
    (await revocations.list(certificate.fingerprint, namespace)) ?? null,
};

/** A revoked certificate's fields. */
export const revokedCertificateResolvers: Pick<Resolvers, 'RevokedContractCertificate'> = {
  RevokedContractCertificate: {
    certificate: ({ certificate }) => certificateFields(certificate),
    reason: ({ reason }) => names[reason],
  },
};
