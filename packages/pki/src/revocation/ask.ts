import type { Clock } from '@chargegraph/service';
import type { Certificate } from '../certificate.ts';
import { checkScope } from './crl-scope.ts';
import type { CrlStore } from './crl-store.ts';
import type { Fetcher } from './fetcher.ts';
import type { Lifetimes } from './freshness.ts';
import { NoVerdict } from './no-verdict.ts';
import { readOcspAnswer } from './ocsp-answer.ts';
import { askAbout } from './ocsp-request.ts';
import { verdictOf, type RevocationEntry, type Verdict } from './verdict.ts';

/** What verdicts are made from. */
export interface Sources {
  readonly clock: Clock;
  readonly fetcher: Fetcher;
  readonly crls: CrlStore;
  readonly lifetimes: Lifetimes;
  /** Octets. */
  readonly maximumOcspSize: number;
}

/** What a source is asked. */
export interface Question {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  /** A kept CRL that ends earlier is renewed. */
  readonly validBeyond: Date;
  readonly signal: AbortSignal;
}

/**
 * Asks one OCSP responder.
 *
 * @throws NoVerdict if it gives none
 */
export async function askOcsp(sources: Sources, url: string, question: Question): Promise<Verdict> {
  const asked = askAbout(question.certificate, question.issuer);
  const answer = await sources.fetcher.fetch({
    url,
    body: { type: 'application/ocsp-request', octets: asked.request },
    accept: 'application/ocsp-response',
    maximumSize: sources.maximumOcspSize,
    signal: question.signal,
  });
  return await readOcspAnswer(answer, asked, sources.clock.now(), sources.lifetimes);
}

/**
 * Looks the certificate up in one CRL.
 *
 * @throws NoVerdict if that can't be had or used
 */
export async function askCrl(sources: Sources, url: string, question: Question): Promise<Verdict> {
  const { certificate, issuer, validBeyond } = question;
  const crl = await sources.crls.get(url, issuer, validBeyond);
  checkScope(crl.scope, certificate);
  let entry: RevocationEntry | undefined;
  try {
    entry = crl.entries.find(certificate.serialNumber);
  } catch (cause) {
    throw new NoVerdict('gave a CRL with an entry that cannot be read', { cause });
  }
  const { thisUpdate, holdsUntil } = crl;
  return verdictOf(entry, { by: "The issuer's CRL", thisUpdate, holdsUntil }, sources.clock.now());
}
