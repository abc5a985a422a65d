import { certificateFields, toUserError, withUserErrors } from '@chargegraph/graph';
import { ChargeGraphError } from '@chargegraph/service';
import type {
  GenerateContractDataInput,
  MutationResolvers,
  SignContractDataInput,
} from '../../generated/resolvers.ts';
import type { GenerationInput, GenerationOutcome } from '../domain/generate-contract-data.ts';
import type { PublishRefusal } from '../domain/other-pools.ts';
import type { SigningInput, SigningOutcome } from '../domain/sign-contract-data.ts';

const noOutcome: { outcome: SigningOutcome | undefined } = { outcome: undefined };
const noGeneration: { outcome: GenerationOutcome | undefined } = { outcome: undefined };
const nothingSigned = { signedContractData: null, emaid: null, cpsSigner: null, contract: null };
const nothingGenerated = { ...nothingSigned, contractCertificate: null };

/** What mobility operators have done: contract data signed, or generated. */
export const contractMutations: Pick<MutationResolvers, 'signContractData' | 'generateContractData'> = {
  signContractData: async (_, { input }, { signing, caller, pools, act }) => {
    const { outcome, userErrors } = await withUserErrors(noOutcome, async (): Promise<typeof noOutcome> => ({
      outcome: await signing.sign(toSigningInput(input), caller, pools, act),
    }));
    if (outcome === undefined) return { ...nothingSigned, warnings: [], userErrors };
    if ('refusals' in outcome) {
      const field = { pcid: 'pcid', contractEpoch: 'pcid', signedContractData: 'contractCertificate' };
      return { ...nothingSigned, warnings: [], userErrors: fromContractPool(outcome.refusals, field) };
    }
    const { exi, emaid, signer, contractId, warnings } = outcome.signed;
    return {
      signedContractData: exi,
      emaid,
      cpsSigner: signer,
      contract: contractId === undefined ? null : { __typename: 'Contract', id: contractId },
      warnings,
      userErrors: [],
    };
  },

  generateContractData: async (_, { input }, { generation, caller, act, pools }) => {
    const { outcome, userErrors } = await withUserErrors(
      noGeneration,
      async (): Promise<typeof noGeneration> => ({
        outcome: await generation.generate(toGenerationInput(input), { caller, act }, pools),
      }),
    );
    if (outcome === undefined) return { ...nothingGenerated, userErrors };
    if ('refusals' in outcome) {
      return {
        ...nothingGenerated,
        userErrors: fromContractPool(outcome.refusals, { pcid: 'pcid', contractEpoch: 'pcid' }),
      };
    }
    const { exi, emaid, signer, contractId, certificate } = outcome.generated;
    return {
      signedContractData: exi,
      emaid,
      contractCertificate: certificateFields(certificate),
      cpsSigner: signer,
      contract: contractId === undefined ? null : { __typename: 'Contract', id: contractId },
      userErrors: [],
    };
  },
};

const toSigningInput = (input: SignContractDataInput): SigningInput => ({
  ...input,
  namespace: input.namespace ?? 'ISO15118_2',
  pcid: input.pcid ?? undefined,
  store: input.store ?? true,
  v2gRootFingerprint: input.v2gRootFingerprint ?? undefined,
});

const toGenerationInput = (input: GenerateContractDataInput): GenerationInput => ({
  ...input,
  namespace: input.namespace ?? 'ISO15118_2',
  v2gRootFingerprint: input.v2gRootFingerprint ?? undefined,
});

/** What the contract pool says of the signed data is, to whoever had it made, about a field of theirs, or none. */
function fromContractPool(refusals: readonly PublishRefusal[], fields: Readonly<Record<string, string>>) {
  return refusals.map(({ message, code, path }) => {
    const field = fields[path?.[1] ?? ''];
    return toUserError(new ChargeGraphError(code, message, field === undefined ? {} : { path: [field] }));
  });
}
