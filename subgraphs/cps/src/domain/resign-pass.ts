import type { Act } from '@chargegraph/audit';
import { providerIdOf, type Emaid } from '@chargegraph/iso15118';
import type { KeyStore } from '@chargegraph/pki';
import { ChargeGraphError, type Clock, type ErrorCode, type Logger } from '@chargegraph/service';
import type { OtherPools } from './other-pools.ts';
import { resignContract, type Succession } from './resign-contract.ts';
import { endingSigners, successorOf, type ResigningStore, type SignedContract } from './resigning.ts';
import type { SignerStore } from './signer.ts';
import { v2gRootsOf } from './signing-parts.ts';

/** What a pass over all signers needs. */
export interface ResigningDeps {
  readonly signers: Pick<SignerStore, 'all'>;
  readonly store: ResigningStore;
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long before a chain's end its signer's contracts go over to another one, in milliseconds. */
  readonly lead: number;
  /** The other pools, for one call of the service's own, acting for the operator of this provider id, if any. */
  readonly poolsFor: (providerId?: string) => { readonly pools: OtherPools; readonly act: Act };
}

const batchSize = 50;
/** Whoever does not answer this often in a row is left in peace for a while. */
const mostFailures = 3;
const minute = 60_000;
const day = 86_400_000;

/** Faults that may be gone at the next try. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'LIMIT_EXCEEDED',
  'SIGNER_UNAVAILABLE',
]);

/**
 * Signs anew all that is due: what signers signed that are retired or end soon, while a successor under the same V2G
 * root is there.
 *
 * @param mayGoOn asked before each contract
 * @throws ChargeGraphError UNAVAILABLE when others do not answer; what was done is done
 */
export async function resignDue(deps: ResigningDeps, mayGoOn: () => Promise<boolean>): Promise<void> {
  const { signers, store, clock, lead, poolsFor } = deps;
  const now = clock.now();
  const all = await signers.all();
  let roots: ReadonlySet<string> | undefined;
  for (const signer of endingSigners(all, new Date(now.getTime() + lead))) {
    const key = { fingerprint: signer.certificate.fingerprint, namespace: signer.namespace };
    if ((await store.due(key, now, 1)).length === 0) continue;
    roots ??= v2gRootsOf(await poolsFor().pools.trustAnchors(['V2G']));
    const successor = successorOf(signer, all, roots, now);
    if (successor === undefined) {
      deps.logger.debug(
        { signer: key },
        'a signer ends and no other one is there to sign its contracts anew',
      );
      continue;
    }
    for (;;) {
      const batch = await store.due(key, now, batchSize);
      if (!(await resignAll(batch, { signer, successor }, deps, mayGoOn))) return;
      if (batch.length < batchSize) break;
    }
  }
}

/** False when it was told to stop. */
async function resignAll(
  batch: readonly SignedContract[],
  succession: Succession,
  deps: ResigningDeps,
  mayGoOn: () => Promise<boolean>,
): Promise<boolean> {
  let failures = 0;
  for (const contract of batch) {
    if (!(await mayGoOn())) return false;
    const failure = await resignOne(contract, succession, deps);
    failures = failure === undefined ? 0 : failures + 1;
    if (failure !== undefined && failures >= mostFailures) throw failure;
  }
  return true;
}

/** The fault that may be gone at the next try; what was signed is looked at again then. */
async function resignOne(
  contract: SignedContract,
  succession: Succession,
  { store, keyStore, clock, logger, poolsFor }: ResigningDeps,
): Promise<ChargeGraphError | undefined> {
  const { emaidIdentity } = contract.key;
  const now = clock.now();
  const { pools, act } = poolsFor(providerIdOf(emaidIdentity as Emaid));
  try {
    await resignContract(contract, succession, { store, keyStore, pools, now, act });
    return undefined;
  } catch (error) {
    const isPassing = error instanceof ChargeGraphError && passing.has(error.code);
    if (!isPassing) logger.error({ err: error, emaid: emaidIdentity }, 'a contract could not be signed anew');
    await store.settle(contract, {
      outcome: 'FAILED',
      detail: isPassing ? error.message : 'internal error',
      dueAt: new Date(now.getTime() + (isPassing ? 10 * minute : day)),
    });
    return isPassing ? error : undefined;
  }
}
