import { withUserErrors } from '@chargegraph/graph';
import type { MutationResolvers } from '../../generated/resolvers.ts';
import type { Contract } from '../domain/contract.ts';
import { deleteContract } from '../domain/delete-contract.ts';
import { requestInstallation, type InstallationAnswer } from '../domain/installation.ts';
import { publishContract, updateContract } from '../domain/publish-contract.ts';

interface ContractPayload {
  readonly contract: Contract | null;
}

interface DeletionPayload {
  readonly deletedEmaid: string | null;
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
      contract: await publishContract(context, { ...input, replaces: input.replaces ?? undefined }),
    })),
  updateContract: (_, { input }, context) =>
    withUserErrors<ContractPayload>({ contract: null }, async () => ({
      contract: await updateContract(context, input),
    })),
  deleteContract: (_, { input: { emaid, namespace } }, context) =>
    withUserErrors<DeletionPayload>({ deletedEmaid: null }, async () => ({
      deletedEmaid: await deleteContract(context, { emaid, namespace: namespace ?? undefined }),
    })),
  requestCertificateInstallation: (_, { input }, context) =>
    withUserErrors<InstallationPayload>(unreadable, async () => {
      const { exi, outcome, emaid, reason } = await requestInstallation(
        context,
        input.certificateInstallationReq,
      );
      return { certificateInstallationRes: exi, outcome, emaid: emaid ?? null, reason: reason ?? null };
    }),
};
