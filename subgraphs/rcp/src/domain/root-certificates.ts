import type { Act } from '@chargegraph/audit';
import {
  checkProfile,
  checkValidity,
  parseCertificate,
  type Certificate,
  type ProfileStrictness,
} from '@chargegraph/pki';
import type { EndWindow } from '@chargegraph/graph';
import { requireAccepted, type OperationRevocation } from '@chargegraph/revocation';
import { ChargeGraphError, type Clock, type ErrorCode } from '@chargegraph/service';

/** What a root certificate is a root of: V2G, OEM, MO, or a private environment. */
export type RootType = 'V2G' | 'OEM' | 'MO' | 'PE';

/** A trust anchor of the ecosystem. */
export interface RootCertificate {
  readonly type: RootType;
  readonly certificate: Certificate;
  readonly addedAt: Date;
}

/** Narrows a list of roots; conditions are joined with and. */
export interface RootFilter {
  readonly types?: readonly RootType[] | undefined;
  readonly fingerprints?: readonly string[] | undefined;
  /** Lower-case hexadecimal. */
  readonly subjectKeyIdentifiers?: readonly string[] | undefined;
  readonly expiringBefore?: Date | undefined;
  readonly expiring?: EndWindow | undefined;
}

/** By which column and in which direction a list of roots is ordered. */
export interface RootOrder {
  readonly by: 'addedAt' | 'notAfter';
  readonly descending: boolean;
}

/** A stretch of an ordered list: up to `limit` rows behind `from`, read against the order if `backward`. */
export interface RootPage {
  readonly backward: boolean;
  readonly limit: number;
  /** The row to start behind: its ordering instant (RFC 3339) and fingerprint. */
  readonly from: readonly string[] | undefined;
}

/** Where the pool keeps its roots. */
export interface RootStore {
  find(fingerprint: string): Promise<RootCertificate | undefined>;
  /** One row more than the page's limit, when there is one. */
  page(filter: RootFilter, order: RootOrder, page: RootPage): Promise<RootCertificate[]>;
  count(filter: RootFilter): Promise<number>;
  /** Stores the root with its `ROOT_CERT_ADDED` event and audit record, or returns the root that is already there. */
  add(root: RootCertificate, act: Act): Promise<RootCertificate>;
  /**
   * Removes the root and stores its `ROOT_CERT_REMOVED` event, recorded as done by `act`.
   *
   * @returns what was removed; undefined when the pool does not hold it
   */
  remove(removal: RootRemoval, act: Act): Promise<RootCertificate | undefined>;
}

/** That a root goes, and why. */
export interface RootRemoval {
  readonly fingerprint: string;
  /** One line. */
  readonly reason: string;
  readonly at: Date;
}

/** Within which operation a root is added. */
export interface RootAdding {
  readonly revocation: Pick<OperationRevocation, 'judge'>;
  readonly act: Act;
}

/** RCP's rules. */
export interface RootPool extends Pick<RootStore, 'find' | 'page' | 'count'> {
  /**
   * Removes a root; what hangs on it in other pools stays there. The root can be added again.
   *
   * @param reason told to everybody who trusted the root
   * @throws ChargeGraphError BAD_INPUT for a reason that is not one line of 1 to 500 characters; NOT_FOUND
   */
  remove(fingerprint: string, reason: string, act: Act): Promise<RootCertificate>;
  /**
   * Adds a self-signed root. The same certificate again returns the one that is there.
   *
   * @throws ChargeGraphError CERTIFICATE_INVALID, CERTIFICATE_EXPIRED, CHAIN_INVALID (not self-signed), or CONFLICT when the pool
   *   holds the certificate as a root of something else; CERTIFICATE_REVOKED when its own responder or list says so
   */
  add(certificate: string, type: RootType, adding: RootAdding): Promise<RootCertificate>;
}

const path = ['certificate'];

/** The rules over a store. */
export function createRootPool({
  store,
  clock,
  profile = 'lenient',
}: {
  readonly store: RootStore;
  readonly clock: Clock;
  readonly profile?: ProfileStrictness | undefined;
}): RootPool {
  return {
    find: (fingerprint) => store.find(fingerprint),
    page: (filter, order, page) => store.page(filter, order, page),
    count: (filter) => store.count(filter),

    async add(input, type, { revocation, act }) {
      const certificate = parseRoot(input);
      const now = clock.now();
      checkRoot(certificate, type, { now, profile });
      // A root is its own issuer.
      requireAccepted(await revocation.judge([certificate, certificate]), () => 'certificate');
      const stored = await store.add({ certificate, type, addedAt: now }, act);
      if (stored.type !== type) {
        throw new ChargeGraphError(
          'CONFLICT',
          `The pool already holds this certificate as a ${stored.type} root.`,
          {
            path: ['type'],
          },
        );
      }
      return stored;
    },

    async remove(fingerprint, text, act) {
      const reason = readReason(text);
      const removed = await store.remove({ fingerprint, reason, at: clock.now() }, act);
      if (removed === undefined) {
        throw new ChargeGraphError('NOT_FOUND', 'Root certificate with the given ID is not found', {
          path: ['fingerprint'],
        });
      }
      return removed;
    },
  };
}

const longestReason = 500;

function readReason(text: string): string {
  const reason = text.trim();
  // Control characters, among them line ends, Unicode's own line ends, and half surrogate pairs.
  const oneLine = !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(reason);
  if (reason === '' || Array.from(reason).length > longestReason || !oneLine) {
    throw new ChargeGraphError('BAD_INPUT', 'reason : must be 1 to 500 characters on one line', {
      path: ['reason'],
    });
  }
  return reason;
}

function parseRoot(input: string): Certificate {
  try {
    const certificate = parseCertificate(input);
    // Key and extensions are read at their first use; a certificate in which they are malformed does not parse.
    void certificate.curve;
    void certificate.isCa;
    return certificate;
  } catch (error) {
    throw new ChargeGraphError('CERTIFICATE_INVALID', 'Invalid certificate format on certificate', {
      path,
      cause: error,
    });
  }
}

/** A root must be within its dates, signed by itself, and fit the profile of its generation and purpose. */
function checkRoot(
  certificate: Certificate,
  type: RootType,
  { now, profile }: { readonly now: Date; readonly profile: ProfileStrictness },
): void {
  const named = `The certificate ${certificate.subject}`;
  const refuse = (code: ErrorCode, sentence: string) => new ChargeGraphError(code, sentence, { path });
  const failure = checkValidity(certificate, now);
  if (failure === 'EXPIRED') throw refuse('CERTIFICATE_EXPIRED', `${named} has expired.`);
  if (failure === 'NOT_YET_VALID') throw refuse('CERTIFICATE_INVALID', `${named} is not valid yet.`);
  const selfIssued = certificate.subjectKey === certificate.issuerKey;
  if (!selfIssued || !certificate.isSignedBy(certificate)) {
    throw refuse('CHAIN_INVALID', `${named} is not signed by itself.`);
  }
  const hard = profileFindings(certificate, type, profile).find(({ severity }) => severity === 'hard');
  if (hard !== undefined) throw refuse('CERTIFICATE_INVALID', `${named}: ${hard.message}`);
}

/** In what a root of the pool departs from the certificate profile, one sentence each. */
export function rootWarnings({ certificate, type }: RootCertificate): string[] {
  return profileFindings(certificate, type).map(({ message }) => `${certificate.subject}: ${message}`);
}

/** A root of a private environment is one of charge points, as a V2G root is. */
const roles = { V2G: 'V2G_ROOT', OEM: 'OEM_ROOT', MO: 'MO_ROOT', PE: 'V2G_ROOT' } as const;

/** A root says nothing about its generation but by its key: only -2 has P-256. */
const profileFindings = (certificate: Certificate, type: RootType, profile?: ProfileStrictness) =>
  checkProfile(certificate, roles[type], {
    edition: certificate.curve === 'P-256' ? '-2' : '-20',
    ...(profile && { profile }),
  });
