import { withUserErrors } from '@chargegraph/graph';
import { ChargeGraphError } from '@chargegraph/service';
import type { MutationResolvers } from '../../generated/resolvers.ts';
import { answerCar } from '../domain/answer-car.ts';
import type { CarAnswer, DeliveredContract } from '../domain/car-answer.ts';
import type { Contract, SignedContractData } from '../domain/contract.ts';
import { deleteContract } from '../domain/delete-contract.ts';
import { provideContract } from '../domain/provide-contract.ts';
import { publishContract, updateContract } from '../domain/publish-contract.ts';
import { setDefaultContract } from '../domain/set-default-contract.ts';

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

interface InstalledContract {
  readonly emaid: string;
  readonly certificateInstallationRes: Uint8Array;
  readonly remaining: number;
}

/** Null throughout when the request could not be read. */
interface InstallationPayload {
  readonly certificateInstallationRes: Uint8Array | null;
  readonly outcome: CarAnswer['outcome'] | null;
  readonly contracts: readonly InstalledContract[];
  readonly emaid: string | null;
  readonly reason: string | null;
}

const unreadable: InstallationPayload = {
  certificateInstallationRes: null,
  outcome: null,
  contracts: [],
  emaid: null,
  reason: null,
};

/** The fields of `Mutation`. */
export const contractMutations: MutationResolvers = {
  publishContract: (_, { input }, context) =>
    withUserErrors<ContractPayload>({ contract: null }, async () => ({
      contract: await publishContract(context, {
        ...input,
        emaid: input.emaid ?? undefined,
        v2gRoot: input.v2gRoot ?? undefined,
        replaces: input.replaces ?? undefined,
        contractEpoch: readEpoch(input.contractEpoch),
      }),
    })),
  updateContract: (_, { input }, context) =>
    withUserErrors<ContractPayload>({ contract: null }, async () => ({
      contract: await updateContract(context, input),
    })),
  deleteContract: (_, { input: { emaid, namespace, skipRevocation } }, context) =>
    withUserErrors<DeletionPayload>({ deletedEmaid: null }, async () => ({
      deletedEmaid: await deleteContract(context, {
        emaid,
        namespace: namespace ?? undefined,
        skipRevocation: skipRevocation ?? false,
      }),
    })),
  setDefaultContract: (_, { input: { emaid, pcid, namespace } }, context) =>
    withUserErrors<ContractPayload>({ contract: null }, async () => ({
      contract: await setDefaultContract(context, {
        emaid,
        pcid,
        namespace: namespace ?? 'ISO15118_2',
      }),
    })),
  provideContract: (_, { input }, context) =>
    withUserErrors<ProvisionPayload>({ certificateInstallationRes: null, signedData: null }, async () => {
      const { exi, data } = await provideContract(context, {
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
      const { certificateInstallationReq, namespace } = input;
      return shown(
        await answerCar(context, { certificateInstallationReq, namespace: namespace ?? undefined }),
      );
    }),
};

function readEpoch(text: string | null | undefined): bigint | undefined {
  if (text == null) return undefined;
  if (/^\d{1,19}$/.test(text)) return BigInt(text);
  throw new ChargeGraphError('BAD_INPUT', 'contractEpoch : must be a decimal number', {
    path: ['contractEpoch'],
  });
}

function shown(answer: CarAnswer): InstallationPayload {
  const { outcome } = answer;
  if (outcome !== 'DELIVERED') {
    const { exi, reason } = answer;
    return { certificateInstallationRes: exi, outcome, contracts: [], emaid: null, reason };
  }
  const contracts = answer.contracts.map(({ emaid, exi, remaining }: DeliveredContract) => ({
    emaid,
    certificateInstallationRes: exi,
    remaining,
  }));
  const [{ emaid, exi }] = answer.contracts;
  return { certificateInstallationRes: exi, outcome, contracts, emaid, reason: null };
}
