import { withUserErrors } from '@chargegraph/graph';
import type { MutationResolvers } from '../../generated/resolvers.ts';
import type { Contract, SignedContractData } from '../domain/contract.ts';
import { deleteContract } from '../domain/delete-contract.ts';
import { requestInstallation, type InstallationAnswer } from '../domain/installation.ts';
import { provideContract } from '../domain/provide-contract.ts';
import { publishContract, updateContract } from '../domain/publish-contract.ts';
import { setDefaultContract } from '../domain/set-default-contract.ts';
import { actOf } from './act.ts';

interface ContractPayload {
  readonly contract: Contract | null;
}

interface DeletionPayload {
  readonly deletedEmaid: string | null;
}

interface ProvisionPayload {
  readonly certificateInstallationRes: Uint8Array | null;
  readonly signedData: SignedContractData | null;
}

/** Null throughout when the request could not be read. */
interface InstallationPayload {
  readonly certificateInstallationRes: Uint8Array | null;
  readonly outcome: InstallationAnswer['outcome'] | null;
  readonly emaid: string | null;
  readonly reason: string | null;
}

const unreadable: InstallationPayload = {
  certificateInstallationRes: null,
  outcome: null,
  emaid: null,
  reason: null,
};

/** The fields of `Mutation`. */
export const contractMutations: MutationResolvers = {
  publishContract: (_, { input }, context) =>
    withUserErrors<ContractPayload>({ contract: null }, async () => ({
      contract: await publishContract(context, input),
    })),
  updateContract: (_, { input }, context) =>
    withUserErrors<ContractPayload>({ contract: null }, async () => ({
      contract: await updateContract(context, input),
    })),
  deleteContract: (_, { input: { emaid, namespace } }, context) =>
    withUserErrors<DeletionPayload>({ deletedEmaid: null }, async () => ({
      deletedEmaid: await deleteContract(context, { emaid, namespace: namespace ?? undefined }),
    })),
  setDefaultContract: (_, { input: { emaid, pcid, namespace } }, context) =>
    withUserErrors<ContractPayload>({ contract: null }, async () => ({
      contract: await setDefaultContract(context, actOf(context), {
        emaid,
        pcid,
        namespace: namespace ?? 'ISO15118_2',
      }),
    })),
  provideContract: (_, { input }, context) =>
    withUserErrors<ProvisionPayload>({ certificateInstallationRes: null, signedData: null }, async () => {
      const { exi, data } = await provideContract(context, actOf(context), {
        emaid: input.emaid,
        pcid: input.pcid,
        namespace: input.namespace ?? 'ISO15118_2',
        v2gRoot: input.v2gRoot ?? undefined,
        sessionId: input.sessionId ?? '00',
      });
      return { certificateInstallationRes: exi, signedData: data };
    }),
  requestCertificateInstallation: (_, { input }, context) =>
    withUserErrors<InstallationPayload>(unreadable, async () => {
      const { exi, outcome, emaid, reason } = await requestInstallation(
        context,
        input.certificateInstallationReq,
      );
      return { certificateInstallationRes: exi, outcome, emaid: emaid ?? null, reason: reason ?? null };
    }),
};
