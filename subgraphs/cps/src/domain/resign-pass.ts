import type { Act } from '@chargegraph/audit';
import { providerIdOf, type Emaid } from '@chargegraph/iso15118';
import type { KeyStore } from '@chargegraph/pki';
import { ChargeGraphError, type Clock, type ErrorCode, type Logger } from '@chargegraph/service';
import type { OtherPools } from './other-pools.ts';
import { underHeldRoot } from './held-chain.ts';
import { notRevoked } from './not-revoked.ts';
import { resignContract, type Succession } from './resign-contract.ts';
import { endingSigners, successorOf, type ResigningStore, type SignedContract } from './resigning.ts';
import type { Signer, SignerStore } from './signer.ts';

/** What a pass over all signers needs. */
export interface ResigningDeps {
  readonly signers: Pick<SignerStore, 'all'>;
  readonly store: ResigningStore;
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long before a chain's end its signer's contracts go over to another one, in milliseconds. */
  readonly lead: number;
  /** How many of a signer's contracts are read at once; 50 unless given. */
  readonly batchSize?: number;
  /** The other pools, for one call of the service's own, acting for the operator of this provider id, if any. */
  readonly poolsFor: (providerId?: string) => { readonly pools: OtherPools; readonly act: Act };
}

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
 * root is there. The signers take turns, a batch each, and who ends and who follows is asked anew for each round: one
 * with many contracts, or whose successor cannot sign, does not keep the others waiting.
 *
 * @param mayGoOn asked before each contract
 * @throws ChargeGraphError UNAVAILABLE or another fault that may be gone at the next try; what was done is done
 */
export async function resignDue(deps: ResigningDeps, mayGoOn: () => Promise<boolean>): Promise<void> {
  const { signers, clock, lead } = deps;
  const finished = new Set<string>();
  const unable = new Set<string>();
  let failure: ChargeGraphError | undefined;
  for (;;) {
    const now = clock.now();
    const all = await signers.all();
    const open = endingSigners(all, new Date(now.getTime() + lead)).filter(
      (signer) => !finished.has(nameOf(signer)),
    );
    if (open.length === 0) break;
    const round: Round = { now, all, present: undefined, unable };
    for (const signer of open) {
      const outcome = await resignBatch(signer, round, deps, mayGoOn);
      if (outcome === 'stopped') return;
      if (outcome instanceof ChargeGraphError) failure = outcome;
      // Another successor, if there is one, may do.
      const goesOn = outcome === 'more' || (outcome !== 'done' && outcome.code === 'SIGNER_UNAVAILABLE');
      if (!goesOn) finished.add(nameOf(signer));
    }
  }
  if (failure !== undefined) throw failure;
}

/** The signers whose V2G root the root pool holds, under that or a renewed one. */
async function underPresentRoots(
  signers: readonly Signer[],
  { clock, poolsFor }: ResigningDeps,
): Promise<Present> {
  const { roots, revocation } = poolsFor().pools;
  const held = (await roots.current()).of('V2G');
  const present = signers.flatMap((signer) => underHeldRoot(signer, held, clock.now()) ?? []);
  const good = await notRevoked(
    present.filter(({ retirement }) => retirement === undefined),
    revocation,
  );
  return { signers: present, mayFollow: new Set(good.map(nameOf)) };
}

/** Whose V2G root the root pool holds. */
interface Present {
  readonly signers: readonly Signer[];
  /** Those that are neither retired nor revoked, by {@link nameOf}. */
  readonly mayFollow: ReadonlySet<string>;
}

const nameOf = ({ certificate, namespace }: Signer) => `${certificate.fingerprint} ${namespace}`;

/** What the signers of one round have in common. */
interface Round {
  readonly now: Date;
  readonly all: readonly Signer[];
  /** Undefined until it was asked for. */
  present: Present | undefined;
  /** Fingerprints of the successors that the key store could not sign with, in this pass. */
  readonly unable: Set<string>;
}

/** Whether a signer has more that is due, or what keeps it from being done now. */
type BatchOutcome = 'done' | 'more' | 'stopped' | ChargeGraphError;

async function resignBatch(
  signer: Signer,
  round: Round,
  deps: ResigningDeps,
  mayGoOn: () => Promise<boolean>,
): Promise<BatchOutcome> {
  const { store, logger, batchSize = 50 } = deps;
  const key = { fingerprint: signer.certificate.fingerprint, namespace: signer.namespace };
  const batch = await store.due(key, signer.retirement !== undefined, round.now, batchSize);
  if (batch.length === 0) return 'done';
  round.present ??= await underPresentRoots(round.all, deps);
  const { signers, mayFollow } = round.present;
  const candidates = signers.filter(
    (each) =>
      each.certificate.fingerprint === key.fingerprint ||
      (mayFollow.has(nameOf(each)) && !round.unable.has(each.certificate.fingerprint)),
  );
  const successor = successorOf(signer, candidates, round.now);
  if (successor === undefined) {
    logger.debug({ signer: key }, 'a signer ends and no other one is there to sign its contracts anew');
    return 'done';
  }
  let failures = 0;
  for (const contract of batch) {
    if (!(await mayGoOn())) return 'stopped';
    const failure = await resignOne(contract, { signer, successor }, deps);
    failures = failure === undefined ? 0 : failures + 1;
    if (failure === undefined || failures < mostFailures) continue;
    if (failure.code === 'SIGNER_UNAVAILABLE') round.unable.add(successor.certificate.fingerprint);
    return failure;
  }
  return batch.length < batchSize ? 'done' : 'more';
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
