import { randomBytes } from 'node:crypto';
import { decodeCursor, encodeCursor } from '@chargegraph/events';
import { createDemoPki, toPem } from '@chargegraph/pki';
import { auditProbe, expiryProbe, type Probe } from './probe.ts';
import type { Target, World } from '../harness/world.ts';

const nobodysFingerprint = () => randomBytes(32).toString('hex');

/** The root pool's fields. Roots are everybody's. */
export const rootProbes: readonly Probe[] = [
  {
    field: 'Query.rootCertificates',
    pool: 'rcp',
    operation: (world, target) => {
      const fingerprint =
        target === 'none' ? nobodysFingerprint() : world.pki.v2gRoot.certificate.fingerprint;
      return Promise.resolve({
        query:
          'query ($of: [SHA256Fingerprint!]) { rootCertificates(first: 1, where: { fingerprint: $of }) { nodes { id } totalCount } }',
        variables: { of: [fingerprint] },
      });
    },
  },
  {
    field: 'Query.rootCertificate',
    pool: 'rcp',
    operation: (world, target) =>
      Promise.resolve({
        query: 'query ($of: SHA256Fingerprint!) { rootCertificate(fingerprint: $of) { id type } }',
        variables: {
          of: target === 'none' ? nobodysFingerprint() : world.pki.oemRoot.certificate.fingerprint,
        },
      }),
  },
  {
    field: 'Query.trustList',
    pool: 'rcp',
    general: true,
    operation: () => Promise.resolve({ query: '{ trustList { issuedAt } }', variables: {} }),
  },
  {
    field: 'Mutation.addRootCertificate',
    pool: 'rcp',
    general: true,
    operation: async () => {
      const { moRoot } = await createDemoPki({ now: new Date() });
      return {
        query:
          'mutation ($input: AddRootCertificateInput!) { addRootCertificate(input: $input) { userErrors { code message } } }',
        variables: { input: { certificate: toPem(moRoot.certificate), type: 'MO' } },
      };
    },
  },
  {
    field: 'Mutation.removeRootCertificate',
    pool: 'rcp',
    operation: async (world, target) => {
      const fingerprint =
        target === 'none' ? nobodysFingerprint() : await world.thing('root', () => newRoot(world));
      return {
        query:
          'mutation ($input: RemoveRootCertificateInput!) { removeRootCertificate(input: $input) { userErrors { code message } } }',
        variables: { input: { fingerprint, reason: 'It is no longer used.' } },
      };
    },
  },
  {
    field: 'Query.rootCertificateEventLog',
    pool: 'rcp',
    general: true,
    operation: () =>
      Promise.resolve({
        query: '{ rootCertificateEventLog(first: 1) { head events { id } } }',
        variables: {},
      }),
  },
  {
    field: 'Query.rootCertificateEvent',
    pool: 'rcp',
    operation: async (world, target) => ({
      query: 'query ($of: Cursor!) { rootCertificateEvent(cursor: $of) { id type } }',
      variables: { of: await cursorOf(world, target) },
    }),
  },
  expiryProbe('rootPoolExpiry', 'rcp'),
  auditProbe('rootPoolAudit', 'rcp'),
];

/** Fingerprint of a root that hangs on nothing. */
async function newRoot(world: World): Promise<string> {
  const { moRoot } = await createDemoPki({ now: new Date() });
  await world.operate('addRootCertificate', { certificate: toPem(moRoot.certificate), type: 'MO' });
  return moRoot.certificate.fingerprint;
}

/** The place of the log's first event; of none, a place behind the log's end. */
async function cursorOf(world: World, target: Target): Promise<string> {
  const operator = await world.doors('demo-operator');
  const { log } = await operator.graphql<{ log: { events: [{ cursor: string }]; head: string } }>(
    '{ log: rootCertificateEventLog(first: 1) { events { cursor } head } }',
  );
  const end = decodeCursor(log.head);
  return target === 'none'
    ? encodeCursor({ ...end, position: end.position + 1_000_000 })
    : log.events[0].cursor;
}
