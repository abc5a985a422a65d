import { randomUUID } from 'node:crypto';
import type { Act } from '@chargegraph/audit';
import type { RootCertificate } from './root-certificates.ts';
import type { RootEventType, RootFacts } from './root-log.ts';

/** That a root was revoked by the CA that it names. */
export interface RevocationNote {
  readonly at: Date;
  /** A reason's name in RFC 5280, if there is one. */
  readonly reason: string | undefined;
}

/** How a root leaves the pool by itself. */
export interface Departure {
  readonly type: Extract<RootEventType, 'ROOT_CERT_EXPIRED' | 'ROOT_CERT_REVOKED'>;
  /** One line. */
  readonly reason: string;
}

/** How a root leaves by itself, if it does; one that has ended and was revoked has ended. */
export function departureOf(
  { certificate }: RootCertificate,
  revocation: RevocationNote | undefined,
  now: Date,
): Departure | undefined {
  if (certificate.notAfter <= now) {
    const reason = `Its validity ended at ${certificate.notAfter.toISOString()}.`;
    return { type: 'ROOT_CERT_EXPIRED', reason };
  }
  if (revocation === undefined) return undefined;
  const why = revocation.reason === undefined ? '' : ` (${revocation.reason})`;
  return { type: 'ROOT_CERT_REVOKED', reason: `It was revoked at ${revocation.at.toISOString()}${why}.` };
}

/** What an event tells of a root. */
export const rootFacts = ({ certificate, type }: RootCertificate): Omit<RootFacts, 'reason'> => ({
  fingerprint: certificate.fingerprint,
  type,
  subject: certificate.subject,
  notAfter: certificate.notAfter.toISOString(),
});

/** In whose name cleansing removes, anew for each removal. */
export const byCleansing = (): { readonly act: Act; readonly action: string } => ({
  act: { clientId: 'rcp', organisation: 'chargegraph', traceId: randomUUID() },
  action: 'cleanse',
});
