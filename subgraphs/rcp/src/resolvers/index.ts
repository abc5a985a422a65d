import {
  actOf,
  auditRecords,
  certificateFields,
  certificateResolvers,
  endingWithin,
  globalId,
  fingerprintKey,
  instantKey,
  pageRequest,
  readGlobalId,
  toConnection,
  verdictOfDates,
  withUserErrors,
  logReader,
} from '@chargegraph/graph';
import { expiryQuestion } from '@chargegraph/expiry';
import type { Resolvers, RootCertificateOrder } from '../../generated/resolvers.ts';
import { rootWarnings, type RootCertificate, type RootOrder } from '../domain/root-certificates.ts';
import { readRootFilter } from '../domain/root-filter.ts';
import { signTrustList } from '../domain/trust-list.ts';

const orders: Record<RootCertificateOrder, RootOrder> = {
  ADDED_AT_ASC: { by: 'addedAt', descending: false },
  ADDED_AT_DESC: { by: 'addedAt', descending: true },
  NOT_AFTER_ASC: { by: 'notAfter', descending: false },
  NOT_AFTER_DESC: { by: 'notAfter', descending: true },
};

const orderingInstant = (root: RootCertificate, order: RootOrder) =>
  (order.by === 'addedAt' ? root.addedAt : root.certificate.notAfter).toISOString();

/** RCP's resolvers: arguments in, the pool's rules, result out. */
export const resolvers: Resolvers = {
  Query: {
    rootCertificates: async (_, { where, orderBy, ...args }, { roots, clock }) => {
      // The default stands in for an argument that is left out, not for one that is null.
      const order = orders[(orderBy as RootCertificateOrder | null) ?? 'ADDED_AT_ASC'];
      const filter = readRootFilter({
        types: where?.type ?? undefined,
        fingerprints: where?.fingerprint ?? undefined,
        subjectKeyIdentifiers: where?.subjectKeyIdentifier ?? undefined,
        expiringBefore: where?.expiringBefore ?? undefined,
        expiring: endingWithin(where?.expiringWithin, clock.now()),
      });
      const page = pageRequest(args, [instantKey, fingerprintKey]);
      return toConnection(
        page,
        await roots.page(filter, order, page),
        (root) => [orderingInstant(root, order), root.certificate.fingerprint],
        () => roots.count(filter),
      );
    },
    rootCertificate: (_, { fingerprint }, { roots }) => roots.find(fingerprint),
    trustList: async (_, __, { roots, trustListSigner, clock }) => {
      if (trustListSigner === undefined) return null;
      const list = await signTrustList(roots, await trustListSigner(), clock);
      return { ...list, signerCertificate: certificateFields(list.signerCertificate) };
    },
    rootCertificateEventLog: (_, request, { log, caller }) =>
      log.read({ ...request, reader: logReader(caller) }),
    rootCertificateEvent: async (_, { cursor }, { log }) => (await log.at(cursor)) ?? null,
    rootPoolExpiry: async (_, { within }, { expiry, clock }) => {
      const question = expiryQuestion(within, clock.now());
      return { pool: 'rcp', at: question.now, kinds: await expiry(question) };
    },
    rootPoolAudit: (_, args, { auditLog }) => auditRecords(auditLog, args),
  },
  Mutation: {
    addRootCertificate: (_, { input }, { roots, revocation, ...context }) =>
      withUserErrors<{ rootCertificate: RootCertificate | null }>({ rootCertificate: null }, async () => ({
        rootCertificate: await roots.add(input.certificate, input.type, { revocation, act: actOf(context) }),
      })),
    removeRootCertificate: (_, { input }, { roots, act }) =>
      withUserErrors<{ removedFingerprint: string | null }>({ removedFingerprint: null }, async () => {
        const { certificate } = await roots.remove(input.fingerprint, input.reason, act);
        return { removedFingerprint: certificate.fingerprint };
      }),
  },
  Certificate: certificateResolvers,
  RootCertificateEvent: {
    fingerprint: ({ facts }) => facts.fingerprint,
    rootType: ({ facts }) => facts.type,
    subject: ({ facts }) => facts.subject,
    notAfter: ({ facts }) => new Date(facts.notAfter),
    reason: ({ facts }) => facts.reason ?? null,
    rootCertificate: ({ facts }, _, { roots }) => roots.find(facts.fingerprint),
  },
  RootCertificate: {
    __resolveReference: async (reference, { roots }) => {
      const { id, fingerprint } = reference as { id?: string; fingerprint?: string };
      const key = id === undefined ? fingerprint : readGlobalId('RootCertificate', id)?.[0];
      return key === undefined ? null : roots.find(key);
    },
    id: ({ certificate }) => globalId('RootCertificate', certificate.fingerprint),
    fingerprint: ({ certificate }) => certificate.fingerprint,
    certificate: ({ certificate }) => certificateFields(certificate),
    verdict: async (root, _, { clock, revocation }) => {
      const chain = [root.certificate];
      const statuses = await revocation.counting(chain);
      const verdict = verdictOfDates(chain, clock.now(), root.addedAt, [], [], statuses);
      return { ...verdict, reasons: [...verdict.reasons, ...rootWarnings(root)] };
    },
  },
};
