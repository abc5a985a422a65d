import { setImmediate as othersTurn } from 'node:timers/promises';
import type { Certificate } from '@chargegraph/pki';
import type { RootSet } from '@chargegraph/trust';
import type { Logger } from '@chargegraph/service';
import type { Namespace, SignedContractData } from './contract.ts';
import { endsOf, type DataEnds } from './data-ends.ts';
import { storedCertificates } from './response-certificates.ts';

/** What names a contract's data. */
export interface DataKey {
  readonly emaidKey: string;
  readonly namespace: Namespace;
  readonly v2gRootFingerprint: string;
}

/** Where what was stored before its ends were noted is found, and given them. */
export interface DataWithoutEnds {
  /** A stretch of it, behind `after`, in order. */
  read(after: DataKey | undefined, limit: number): Promise<readonly SignedContractData[]>;
  /** Notes the ends of data, unless other data has come into its place. */
  fill(data: SignedContractData, ends: DataEnds): Promise<void>;
}

/** What the filling in takes. */
export interface EndsFilling {
  readonly store: DataWithoutEnds;
  /** Asked for the roots, which the stored messages do not hold, when there is anything to fill in. */
  readonly trustedRoots: () => Promise<RootSet>;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  /** What is read at once; 50 unless given. */
  readonly batchSize?: number;
}

/**
 * Notes the ends of all data that was stored before they were noted. What was filled in stays filled in wherever this is
 * broken off. Data that cannot be read is logged and left as it is.
 *
 * @param mayGoOn asked before each
 * @throws ChargeGraphError UNAVAILABLE when the root pool does not answer
 */
export async function fillEnds(
  { store, trustedRoots, logger, batchSize = 50 }: EndsFilling,
  mayGoOn: () => Promise<boolean>,
): Promise<void> {
  let batch = await store.read(undefined, batchSize);
  if (batch.length === 0) return;
  const trusted = await trustedRoots();
  const roots = new Map(trusted.of('V2G', 'MO').map((root) => [root.fingerprint, root]));
  let count = 0;
  while (batch.length > 0) {
    for (const data of batch) {
      if (!(await mayGoOn())) return;
      const ends = readEnds(data, roots, logger);
      if (ends !== undefined) await store.fill(data, ends);
      if (ends !== undefined) count++;
      // Reading a message takes the thread for a millisecond or two: requests go between.
      await othersTurn();
    }
    const last = batch.at(-1);
    batch = last === undefined || batch.length < batchSize ? [] : await store.read(keyOf(last), batchSize);
  }
  logger.info({ count }, 'noted when signers and contracts end of data that was stored before');
}

const keyOf = ({ emaidKey, namespace, v2gRoot }: SignedContractData): DataKey => ({
  emaidKey,
  namespace,
  v2gRootFingerprint: v2gRoot.fingerprint,
});

function readEnds(
  data: SignedContractData,
  roots: ReadonlyMap<string, Certificate>,
  logger: EndsFilling['logger'],
): DataEnds | undefined {
  try {
    return endsOf(storedCertificates(data), {
      cps: roots.get(data.v2gRoot.fingerprint),
      contract: roots.get(data.contractRootFingerprint),
    });
  } catch (error) {
    logger.error({ err: error, ...keyOf(data) }, 'stored contract data cannot be read');
    return undefined;
  }
}
