import { LRUCache } from 'lru-cache';
import type { Certificate } from '../certificate.ts';
import { askCrl, askOcsp, type Sources } from './ask.ts';
import { createCrlStore } from './crl-store.ts';
import { createHttpFetcher, type Fetcher } from './fetcher.ts';
import type { Resolve } from './guarded-lookup.ts';
import { takingTurns } from './host-turns.ts';
import { NoVerdict } from './no-verdict.ts';
import { isPublicAddress } from './public-address.ts';
import { defaults } from './defaults.ts';
import type { RevocationCheckerOptions } from './settings.ts';
import {
  isFinal,
  namesNoSource,
  type CheckOptions,
  type RevocationChecker,
  type RevocationStatus,
} from './status.ts';
import type { Verdict } from './verdict.ts';

/** What tests put in the place of the network. */
export interface NetworkParts {
  /** Asks other machines, without limits and back-off, which are put around it. */
  readonly fetcher?: Fetcher;
  /** Finds the addresses of names. */
  readonly resolve?: Resolve;
}

/** So many addresses of each kind are asked; the rest of a certificate's is not looked at. */
const mostAddresses = 3;

const longestDetail = 1_000;

/** Makes a checker that asks by HTTP and keeps what it learns in memory. */
export function createRevocationChecker(
  options: RevocationCheckerOptions,
  parts: NetworkParts = {},
): RevocationChecker {
  const { clock } = options;
  const logger = options.logger.child({ part: 'revocation' });
  const { network, keeping } = defaults(options);
  const ending = new AbortController();
  const direct =
    parts.fetcher ??
    createHttpFetcher({
      isAllowed: network.privateAddresses === 'allow' ? () => true : isPublicAddress,
      anyPort: network.ports === 'any' || network.privateAddresses === 'allow',
      timeout: network.timeout,
      redirects: network.redirects === 'follow' ? 3 : 0,
      resolve: parts.resolve,
    });
  const fetcher = takingTurns(direct, { clock, ...network });
  const lifetimes = { withoutNextUpdate: keeping.withoutNextUpdate, longest: keeping.longest };
  const sources: Sources = {
    clock,
    fetcher,
    lifetimes,
    maximumOcspSize: network.maximumOcspSize,
    crls: createCrlStore({
      clock,
      fetcher,
      lifetimes,
      maximumSize: network.maximumCrlSize,
      capacity: keeping.crlOctets,
      backOff: network.backOff,
      signal: ending.signal,
    }),
  };
  const kept = new LRUCache<string, RevocationStatus>({ max: keeping.verdicts });
  const underWay = new Map<string, Promise<RevocationStatus>>();

  const failed = (sentence: string, url?: string): RevocationStatus => {
    const now = clock.now();
    return {
      status: 'UNKNOWN',
      source: 'NONE',
      checkedAt: now,
      validUntil: new Date(now.getTime() + network.backOff),
      ...(url !== undefined && { url }),
      detail: sentence.slice(0, longestDetail),
    };
  };

  const ask = async (
    certificate: Certificate,
    issuer: Certificate,
    validBeyond: Date,
    inPassing: boolean,
  ): Promise<RevocationStatus> => {
    const { ocspUrls, crlUrls } = certificate;
    const responders = addresses(ocspUrls).map((url) => ({ source: 'OCSP', url }) as const);
    const crls = addresses(crlUrls).map((url) => ({ source: 'CRL', url }) as const);
    const asked = inPassing ? [...crls, ...responders] : [...responders, ...crls];
    const now = clock.now();
    if (asked.length === 0) {
      return {
        status: 'NOT_CHECKED',
        source: 'NONE',
        checkedAt: now,
        validUntil: new Date(now.getTime() + keeping.longest),
        detail: namesNoSource,
      };
    }
    const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(network.checkTimeout)]);
    const question = { certificate, issuer, validBeyond, signal };
    const failures: string[] = [];
    let last: string | undefined;
    for (const { source, url } of asked) {
      if (signal.aborted) {
        failures.push('there was no time left for others');
        break;
      }
      last = url;
      try {
        const answer = source === 'OCSP' ? askOcsp(sources, url, question) : askCrl(sources, url, question);
        return toStatus(await unlessAborted(answer, signal), source, url, clock.now());
      } catch (error) {
        const phrase =
          error instanceof NoVerdict ? error.message : 'gave an answer that could not be dealt with';
        if (!(error instanceof NoVerdict)) logger.error({ err: error, url }, 'a revocation answer failed');
        failures.push(`${url} ${phrase}`);
      }
    }
    return failed(`No source gave a verdict: ${failures.join('; ')}.`, last);
  };

  const checkOnce = async (
    key: string,
    certificate: Certificate,
    issuer: Certificate,
    validBeyond: Date,
    inPassing: boolean,
  ): Promise<RevocationStatus> => {
    const status = await ask(certificate, issuer, validBeyond, inPassing);
    if (!inPassing || kept.has(key)) kept.set(key, status);
    const { subject, fingerprint } = certificate;
    const { status: outcome, source, url, detail } = status;
    const level = outcome === 'UNKNOWN' ? 'warn' : outcome === 'REVOKED' ? 'info' : 'debug';
    logger[level]({ subject, fingerprint, outcome, source, url, detail }, 'revocation was checked');
    return status;
  };

  return {
    check: async (certificate, issuer, { signal, validBeyond, inPassing = false }: CheckOptions = {}) => {
      const key = `${certificate.fingerprint} ${issuer.fingerprint}`;
      const now = clock.now();
      const known = kept.get(key);
      if (known !== undefined) {
        const needed = known.status === 'UNKNOWN' || validBeyond === undefined ? now : validBeyond;
        if (isFinal(known) || known.validUntil > (needed > now ? needed : now)) return known;
      }
      if (ending.signal.aborted) return failed('The checker is closed.');
      const pending =
        underWay.get(key) ??
        checkOnce(key, certificate, issuer, validBeyond ?? now, inPassing).finally(() =>
          underWay.delete(key),
        );
      underWay.set(key, pending);
      if (signal === undefined) return await pending;
      try {
        return await unlessAborted(pending, signal);
      } catch (error) {
        if (error instanceof NoVerdict) return failed('There was no time to wait for a verdict.');
        throw error;
      }
    },
    close: () => {
      ending.abort();
    },
  };
}

/** Without control characters, which a certificate may hold and a database does not take. */
function addresses(urls: readonly string[]): string[] {
  const texts = urls.map((url) => url.replace(/\p{C}/gu, '\u{fffd}').slice(0, longestDetail));
  return [...new Set(texts)].slice(0, mostAddresses);
}

function toStatus(verdict: Verdict, source: 'OCSP' | 'CRL', url: string, now: Date): RevocationStatus {
  const { holdsUntil, ...rest } = verdict;
  return { ...rest, source, url, checkedAt: now, validUntil: holdsUntil };
}

/** The work's outcome, or NoVerdict once `signal` is aborted; the work goes on for others. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      reject(new NoVerdict('was not waited for any longer'));
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (abort !== undefined) signal.removeEventListener('abort', abort);
  }
}
