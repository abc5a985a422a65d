import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '@chargegraph/events';
import { serviceCaller, type Caller } from '@chargegraph/identity';
import { callerWith } from './rcp.fixture.ts';
import { add, day, now, pki, pool, prepareRoots } from './roots.fixture.ts';

prepareRoots();

const query = /* GraphQL */ `
  query ($after: Cursor, $first: Int!) {
    rootCertificateEventLog(after: $after, first: $first) {
      head
      events {
        id
        cursor
        type
        time
        fingerprint
        rootType
        subject
        notAfter
        reason
      }
    }
  }
`;

interface Stretch {
  readonly head: string;
  readonly events: readonly { readonly cursor: string; readonly type: string }[];
}

const service = serviceCaller('pcp');

const readAs = async (caller: Caller, variables: Record<string, unknown>) => {
  const context = { caller, traceId: 'test', deadline: Date.now() + 10_000, hops: 0 };
  const { data, errors } = await pool.rcp.execute({ query, variables, context });
  return { stretch: data?.['rootCertificateEventLog'] as Stretch | undefined, errors };
};

/** Where the log ends once all that was done before is in it. */
async function end(): Promise<string | undefined> {
  for (;;) {
    const [open] = await pool.database.query<{ count: number }>('SELECT count(*)::int AS count FROM outbox');
    if (open?.count === 0) return (await readAs(service, { first: 1 })).stretch?.head;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const remove = (fingerprint: string) =>
  pool.execute(
    'OPERATOR',
    `mutation ($input: RemoveRootCertificateInput!) { removeRootCertificate(input: $input) { removedFingerprint } }`,
    { input: { fingerprint, reason: 'The key was lost.' } },
  );

describe('rootCertificateEventLog', () => {
  it('tells each change once, in order, with the facts of its moment', async () => {
    const after = await end();
    const { fingerprint, subject, notAfter } = pki.v2gRoot.certificate;
    await add(pki.v2gRoot.certificate, 'V2G');
    pool.clock.set(new Date(now.getTime() + day));
    await remove(fingerprint);
    const head = await end();
    const { stretch } = await readAs(service, { after, first: 10 });
    const common = {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      cursor: expect.any(String) as string,
      fingerprint,
      subject,
      rootType: 'V2G',
      notAfter: notAfter.toISOString(),
    };
    expect(stretch).toEqual({
      head,
      events: [
        { ...common, type: 'ROOT_CERT_ADDED', time: now.toISOString(), reason: null },
        {
          ...common,
          type: 'ROOT_CERT_REMOVED',
          time: pool.clock.now().toISOString(),
          reason: 'The key was lost.',
        },
      ],
    });
    const rest = await readAs(service, { after: stretch?.events[0]?.cursor, first: 10 });
    expect(rest.stretch?.events).toEqual([stretch?.events[1]]);
    expect((await readAs(service, { after: head, first: 1 })).stretch).toEqual({ head, events: [] });
  });

  it('is refused a length out of its range, and what is no cursor of this log', async () => {
    for (const first of [0, 1_001]) {
      expect((await readAs(service, { first })).errors).toMatchObject([
        { extensions: { code: 'BAD_INPUT', argument: ['first'] } },
      ]);
    }
    const logId = '00000000-0000-4000-8000-000000000000';
    for (const after of [
      'abc',
      encodeCursor({ pool: 'pcp', logId, position: 1 }),
      encodeCursor({ pool: 'rcp', logId, position: 1 }),
    ]) {
      expect((await readAs(service, { after, first: 1 })).errors).toMatchObject([
        { extensions: { code: 'CURSOR_INVALID' } },
      ]);
    }
  });

  it('is for operator and services alone', async () => {
    expect((await readAs(callerWith('OPERATOR'), { first: 1 })).errors).toBeUndefined();
    for (const role of ['OEM', 'MO', 'CPO', 'CPS', 'NOBODY']) {
      expect((await readAs(callerWith(role), { first: 1 })).errors).toMatchObject([
        { extensions: { code: 'FORBIDDEN' } },
      ]);
    }
  });
});

describe('rootCertificateEvent', () => {
  const one = `query ($cursor: Cursor!) {
    rootCertificateEvent(cursor: $cursor) { type fingerprint rootCertificate { fingerprint type } }
  }`;
  const eventAs = async (role: string, cursor: string | undefined) => {
    const { data, errors } = await pool.execute(role, one, { cursor });
    return { event: data?.['rootCertificateEvent'], errors };
  };

  it('is the event at a cursor for every partner, with the root as it is now', async () => {
    const after = await end();
    const { fingerprint } = pki.oemRoot.certificate;
    await add(pki.oemRoot.certificate, 'OEM');
    await end();
    const cursor = (await readAs(service, { after, first: 1 })).stretch?.events[0]?.cursor;
    const told = { type: 'ROOT_CERT_ADDED', fingerprint };
    for (const role of ['OEM', 'MO', 'CPO', 'CPS', 'OPERATOR']) {
      expect((await eventAs(role, cursor)).event).toEqual({
        ...told,
        rootCertificate: { fingerprint, type: 'OEM' },
      });
    }
    expect((await eventAs('NOBODY', cursor)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    await remove(fingerprint);
    expect((await eventAs('CPO', cursor)).event).toEqual({ ...told, rootCertificate: null });
  });

  it('is null where there is no event, and refuses a cursor of another pool', async () => {
    const position = Number.MAX_SAFE_INTEGER;
    const { logId } = decodeCursor((await end()) ?? '');
    const beyond = encodeCursor({ pool: 'rcp', logId, position });
    expect(await eventAs('OEM', beyond)).toEqual({ event: null, errors: undefined });
    const foreign = encodeCursor({ pool: 'ccp', logId, position: 1 });
    expect((await eventAs('OEM', foreign)).errors).toMatchObject([
      { extensions: { code: 'CURSOR_INVALID' } },
    ]);
  });
});
