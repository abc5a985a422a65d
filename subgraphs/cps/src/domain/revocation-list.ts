import {
  issueCrlWith,
  maySignCrls,
  type Certificate,
  type KeyStore,
  type RevokedEntry,
} from '@chargegraph/pki';
import type { Clock, Logger } from '@chargegraph/service';
import type { Namespace, SignerKey } from './signer.ts';

/** A CA's certificate revocation list. */
export interface RevocationList {
  /** CertificateList. */
  readonly der: Uint8Array;
  readonly number: bigint;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

/** A CA that needs another list. */
export interface DueCa {
  readonly certificate: Certificate;
  readonly namespace: Namespace;
  readonly keyReference: string;
  /** How much the CA had revoked when this was read. */
  readonly revocations: bigint;
  /** Of its last list; undefined when it has none. */
  readonly lastNumber: bigint | undefined;
}

/** When lists are issued. Times in milliseconds. */
export interface ListTimes {
  /** How long a list is valid; it is renewed when half of that is over. */
  readonly validity: number;
  /** The shortest time between two lists of a CA, for many revocations one after the other. */
  readonly gap: number;
}

/** Where the service keeps the lists of its CAs, the last one of each. */
export interface RevocationListStore {
  /** The list of a CA of that certificate, of whatever generation unless one is given. */
  find(fingerprint: string, namespace: Namespace | undefined): Promise<RevocationList | undefined>;
  /**
   * The CAs that have no list, one that lacks revocations, one whose time is half over, or one that would last longer
   * than it may, of a clock that was wrong or before lists were made shorter; retired ones while something that they
   * issued has not ended.
   */
  due(now: Date, times: ListTimes): Promise<DueCa[]>;
  /** What a CA has revoked of what ends later than `now`. */
  entries(ca: SignerKey, now: Date): Promise<RevokedEntry[]>;
  /** Keeps a list unless there is one with that number, or a higher one; false then. */
  keep(ca: DueCa, list: RevocationList): Promise<boolean>;
}

/** What issuing the lists takes. */
export interface ListIssuing extends ListTimes {
  readonly store: RevocationListStore;
  readonly keyStore: Pick<KeyStore, 'sign'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
}

/**
 * Issues the lists that are due. A CA whose key cannot be used now does not keep the others waiting.
 *
 * @param mayGoOn asked before each list
 * @throws what the last list that could not be issued failed with; the others are issued
 */
export async function issueDueLists(issuing: ListIssuing, mayGoOn: () => Promise<boolean>): Promise<void> {
  const { store, clock, logger } = issuing;
  let failure: { readonly error: unknown } | undefined;
  for (const ca of await store.due(clock.now(), issuing)) {
    const { certificate } = ca;
    // Nobody could verify the list of a CA that has ended, or accept one of a CA that may sign none.
    if (certificate.notAfter <= clock.now() || !maySignCrls(certificate)) continue;
    if (!(await mayGoOn())) return;
    try {
      await issueList(ca, issuing);
    } catch (error) {
      logger.warn({ err: error, ca: certificate.subject }, 'a revocation list could not be issued');
      failure = { error };
    }
  }
  if (failure !== undefined) throw failure.error;
}

async function issueList(
  ca: DueCa,
  { store, keyStore, clock, logger, validity }: ListIssuing,
): Promise<void> {
  const { certificate, namespace, keyReference } = ca;
  const now = clock.now();
  const thisUpdate = new Date(Math.floor(now.getTime() / 1_000) * 1_000);
  const nextUpdate = new Date(thisUpdate.getTime() + Math.floor(validity / 1_000) * 1_000);
  const number = nextNumber(ca.lastNumber, now);
  const key = { fingerprint: certificate.fingerprint, namespace };
  const entries = await store.entries(key, now);
  const der = await issueCrlWith(
    { certificate, sign: (octets) => keyStore.sign(keyReference, octets) },
    { number: Number(number), thisUpdate, nextUpdate, entries },
  );
  const isKept = await store.keep(ca, { der, number, thisUpdate, nextUpdate });
  if (isKept) {
    logger.info({ ca: certificate.subject, entries: entries.length }, 'a revocation list was issued');
  }
}

/**
 * Seconds since 1970, or the next one: so that numbers go up even when the service's database was restored from a
 * backup, after which it does not know what it has issued.
 */
const nextNumber = (last: bigint | undefined, now: Date): bigint => {
  const seconds = BigInt(Math.floor(now.getTime() / 1_000));
  return last === undefined || last < seconds ? seconds : last + 1n;
};
