import type { Database } from '@chargegraph/database';
import { isFinal, namesNoSource, namesSource, type Certificate } from '@chargegraph/pki';
import type { Clock, Logger } from '@chargegraph/service';
import { decide, refusedStates } from './decide.ts';
import type { CertificateStatus, IssuedPair, Revocation, RevocationMeans } from './revocation-types.ts';
import { StatusMemory } from './status-memory.ts';
import { pruneStatuses, readStatuses, writeStatus } from './status-store.ts';
import { withinOperation } from './within-operation.ts';
import { signalOf, unlessAborted } from './waiting.ts';

/** What {@link createRevocation} is made of. */
export interface RevocationOptions extends RevocationMeans {
  /** The pool's, with the table `certificate_status`. */
  readonly database: Pick<Database, 'query' | 'execute'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Statuses in memory; 100,000 unless given. */
  readonly capacity?: number;
  /** Milliseconds until the table is looked at again for what other processes learnt; 10 minutes unless given. */
  readonly rememberedFor?: number;
}

const prunedAtOnce = 10_000;

/** What a pool knows of its certificates: in memory, in its table, or from their CAs. */
export function createRevocation(options: RevocationOptions): Revocation {
  const { database, checker, policy, clock } = options;
  const logger = options.logger.child({ part: 'revocation' });
  const memory = new StatusMemory(options.capacity ?? 100_000, options.rememberedFor ?? 600_000);
  const underWay = new Map<string, Promise<CertificateStatus>>();
  const time = (): number => clock.now().getTime();

  const learnAnew = async (
    pair: IssuedPair,
    validBeyond: Date | undefined,
    inPassing: boolean,
  ): Promise<CertificateStatus> => {
    const { certificate, issuer } = pair;
    const { fingerprint, subject } = certificate;
    const found = await checker.check(certificate, issuer, { validBeyond, inPassing });
    const standing = await writeStatus(database, { fingerprint, ...found });
    if (!inPassing || standing.status === 'REVOKED' || memory.has(fingerprint)) {
      // Where the table knows better, the sources need not be asked again before what they said ends.
      memory.set(standing, time(), found.validUntil.getTime());
    }
    if (standing.status !== found.status) {
      const facts = {
        subject,
        fingerprint,
        found: found.status,
        known: standing.status,
        detail: found.detail,
      };
      logger.info(facts, 'what is known of a certificate stands against what was found out');
    }
    return standing;
  };

  /** Asks the certificate's CA and writes down the answer, once for all who wait for it. */
  const learn = (pair: IssuedPair, validBeyond?: Date, inPassing = false): Promise<CertificateStatus> => {
    const { fingerprint } = pair.certificate;
    const pending =
      underWay.get(fingerprint) ??
      learnAnew(pair, validBeyond, inPassing).finally(() => underWay.delete(fingerprint));
    underWay.set(fingerprint, pending);
    return pending;
  };

  /** Reads the table; what still holds is remembered, if that is wanted. */
  const read = async (
    fingerprints: readonly string[],
    remember = true,
  ): Promise<Map<string, CertificateStatus>> => {
    const statuses = await readStatuses(database, fingerprints);
    const now = time();
    for (const status of statuses) if (remember && holds(status, now)) memory.set(status, now);
    return new Map(statuses.map((status) => [status.fingerprint, status]));
  };

  const notWaitedFor = (fingerprint: string): CertificateStatus => {
    const now = clock.now();
    return {
      fingerprint,
      status: 'UNKNOWN',
      source: 'NONE',
      checkedAt: now,
      validUntil: now,
      detail: 'There was no time to wait for a verdict.',
    };
  };

  const statusWithoutSource = ({ fingerprint }: Certificate, validUntil: Date): CertificateStatus => ({
    fingerprint,
    status: 'NOT_CHECKED',
    source: 'NONE',
    checkedAt: clock.now(),
    validUntil,
    detail: namesNoSource,
  });

  /** Where nobody can be asked there is nothing to look up in the table: that a certificate names no source is in it. */
  const notChecked = (certificate: Certificate): CertificateStatus => {
    const now = clock.now();
    const status = statusWithoutSource(certificate, now);
    memory.set(status, now.getTime(), Infinity);
    return status;
  };

  /** Writes it down all the same, for those who know no more than a fingerprint; it holds as long as the certificate. */
  const noteNotChecked = async (certificate: Certificate): Promise<CertificateStatus> =>
    await writeStatus(database, statusWithoutSource(certificate, certificate.notAfter));

  const revocation: Revocation = {
    policy,

    within: ({ deadline }) => withinOperation(revocation, deadline),

    isClear: (fingerprints) => {
      if (policy === 'off') return true;
      const now = time();
      const refused = refusedStates(policy);
      return fingerprints.every((fingerprint) => {
        const status = memory.get(fingerprint, now)?.status;
        return status !== undefined && !refused.includes(status);
      });
    },

    judge: async (path, waiting = {}) => {
      if (policy === 'off') return { accepted: true, statuses: [] };
      const certificates = path.slice(0, -1);
      const now = time();
      const remembered = certificates.map(
        (certificate) =>
          memory.get(certificate.fingerprint, now) ??
          (namesSource(certificate) ? undefined : notChecked(certificate)),
      );
      if (remembered.every((status) => status !== undefined)) return decide(certificates, remembered, policy);

      const missing = certificates.filter((_, index) => remembered[index] === undefined);
      const signal = signalOf(waiting);
      const inTable = await read(missing.map(({ fingerprint }) => fingerprint));
      const statuses = await Promise.all(
        certificates.map(async (certificate, index) => {
          const held = remembered[index];
          if (held !== undefined) return held;
          const known = inTable.get(certificate.fingerprint);
          const issuer = path[index + 1];
          if (issuer === undefined || (known !== undefined && holds(known, now))) {
            return known ?? notWaitedFor(certificate.fingerprint);
          }
          // Somebody else may have learnt it while the table was read.
          const meanwhile = memory.get(certificate.fingerprint, time());
          if (meanwhile !== undefined) return meanwhile;
          const learnt = await unlessAborted(learn({ certificate, issuer }), signal);
          if (learnt !== undefined) return learnt;
          // A hold that nobody renewed in time still stands.
          return known?.status === 'REVOKED' ? known : notWaitedFor(certificate.fingerprint);
        }),
      );
      return decide(certificates, statuses, policy);
    },

    known: async (fingerprints) => {
      const now = time();
      const known = new Map<string, CertificateStatus>();
      const missing: string[] = [];
      for (const fingerprint of new Set(fingerprints)) {
        const status = memory.get(fingerprint, now);
        if (status === undefined) missing.push(fingerprint);
        else known.set(fingerprint, status);
      }
      if (missing.length === 0) return known;
      for (const [fingerprint, status] of await read(missing)) known.set(fingerprint, status);
      return known;
    },

    refresh: async (pairs, { leadTime = 0, parallel = 8, signal, inPassing = false } = {}) => {
      const [asked, others] = partition(pairs);
      const known = await read(
        asked.map(({ certificate }) => certificate.fingerprint),
        !inPassing,
      );
      for (const { certificate } of others) {
        const status = inPassing ? await noteNotChecked(certificate) : notChecked(certificate);
        known.set(certificate.fingerprint, status);
      }
      if (policy === 'off') return known;
      const beyond = new Date(time() + leadTime);
      const due = asked.filter(({ certificate: { fingerprint } }) => {
        const status = known.get(fingerprint);
        return status === undefined || !holds(status, beyond.getTime());
      });
      const queue = due.values();
      const work = async (): Promise<void> => {
        for (const pair of queue) {
          if (signal?.aborted === true) return;
          known.set(pair.certificate.fingerprint, await learn(pair, beyond, inPassing));
        }
      };
      await Promise.all(Array.from({ length: Math.min(parallel, due.length) }, work));
      return known;
    },

    prune: async (checkedBefore) => await pruneStatuses(database, checkedBefore, prunedAtOnce),
  };
  return revocation;
}

/** True while there is no need to ask again. */
function holds(status: CertificateStatus, at: number): boolean {
  return isFinal(status) || status.validUntil.getTime() > at;
}

/** Those whose CA says where it can be asked, and the others. */
function partition(pairs: readonly IssuedPair[]): [IssuedPair[], IssuedPair[]] {
  const asked = pairs.filter(({ certificate }) => namesSource(certificate));
  return [asked, pairs.filter((pair) => !asked.includes(pair))];
}
