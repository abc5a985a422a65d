import { withUserErrors } from '@chargegraph/graph';
import { ChargeGraphError } from '@chargegraph/service';
import type { MutationResolvers, RetireCpsSignerInput } from '../../generated/resolvers.ts';
import type { ContractCa } from '../domain/contract-ca.ts';
import type { Signer, SignerKey } from '../domain/signer.ts';
import { keyOfId } from './ids.ts';

const noSigner: { cpsSigner: Signer | null } = { cpsSigner: null };
const noCa: { contractCa: ContractCa | null } = { contractCa: null };

/** What the operator changes: signers and CAs. */
export const operatorMutations: Pick<
  MutationResolvers,
  'addCpsSigner' | 'retireCpsSigner' | 'addContractCa' | 'retireContractCa'
> = {
  addCpsSigner: (_, { input }, { signers, pools, act }) =>
    withUserErrors(noSigner, async (): Promise<typeof noSigner> => ({
      cpsSigner: await signers.add(
        { ...input, namespace: input.namespace ?? 'ISO15118_2', makeDefault: input.makeDefault ?? false },
        pools,
        act,
      ),
    })),

  retireCpsSigner: (_, { input }, { signers, act }) =>
    withUserErrors(noSigner, async (): Promise<typeof noSigner> => ({
      cpsSigner: await signers.retire(
        {
          key: signerNamedBy(input),
          reason: input.reason,
          newDefault: input.newDefault == null ? undefined : requireKey(input.newDefault, 'newDefault'),
        },
        act,
      ),
    })),

  addContractCa: (_, { input }, { contractCas, pools, act }) =>
    withUserErrors(noCa, async (): Promise<typeof noCa> => ({
      contractCa: await contractCas.add(
        {
          ...input,
          namespace: input.namespace ?? 'ISO15118_2',
          subCaCertificates: input.subCaCertificates ?? [],
          providerIds: input.providerIds ?? [],
          ocspUrl: input.ocspUrl ?? undefined,
          crlUrl: input.crlUrl ?? undefined,
        },
        pools,
        act,
      ),
    })),

  retireContractCa: (_, { input: { id, reason } }, { contractCas, act }) =>
    withUserErrors(noCa, async (): Promise<typeof noCa> => {
      const key = keyOfId('ContractCa', id);
      if (key === undefined)
        throw new ChargeGraphError('NOT_FOUND', 'There is no such CA.', { path: ['id'] });
      return { contractCa: await contractCas.retire(key, reason, act) };
    }),
};

function requireKey(id: string, path: string): SignerKey {
  const key = keyOfId('CpsSigner', id);
  if (key !== undefined) return key;
  throw new ChargeGraphError('NOT_FOUND', 'There is no such signer.', { path: [path] });
}

function signerNamedBy({ id, fingerprint, namespace }: RetireCpsSignerInput): SignerKey {
  const byCertificate = fingerprint == null && namespace == null ? undefined : { fingerprint, namespace };
  if (id != null && byCertificate === undefined) return requireKey(id, 'id');
  if (id == null && byCertificate?.fingerprint != null && byCertificate.namespace != null) {
    return { fingerprint: byCertificate.fingerprint, namespace: byCertificate.namespace };
  }
  throw new ChargeGraphError('BAD_INPUT', 'Name the signer by `id`, or by `fingerprint` and `namespace`.', {
    path: ['id'],
  });
}
