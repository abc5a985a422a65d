import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '@chargegraph/events';
import type { Caller } from '@chargegraph/identity';
import { issueProvisioningCertificate } from '@chargegraph/pki';
import { partner, service } from './pcp.fixture.ts';
import { now, oem, pcid, pem, pki, pool, preparePublishing, published } from './publish.fixture.ts';

preparePublishing();

const query = /* GraphQL */ `
  query ($after: Cursor, $first: Int!) {
    provisioningCertificateEventLog(after: $after, first: $first) {
      head
      events {
        id
        cursor
        type
        time
        pcid
        namespace
        keyChanged
        epoch
      }
    }
  }
`;

interface Stretch {
  readonly head: string;
  readonly events: readonly { readonly cursor: string; readonly epoch: string; readonly type: string }[];
}

const readAs = async (caller: Caller, variables: Record<string, unknown>) => {
  const { data, errors } = await pool.execute(caller, query, variables);
  return { stretch: data?.['provisioningCertificateEventLog'] as Stretch | undefined, errors };
};

/** Reads on behind a cursor until so many events are there. */
async function eventsAfter(after: string | undefined, count: number): Promise<Stretch['events']> {
  for (let tries = 0; tries < 500; tries++) {
    const { stretch } = await readAs(service, { after, first: 1_000 });
    if ((stretch?.events.length ?? 0) >= count) return stretch?.events ?? [];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`There are no ${String(count)} events.`);
}

/** Where the log ends once all that tests before did is in it. */
async function end(): Promise<string | undefined> {
  for (;;) {
    const [open] = await pool.database.query<{ count: number }>('SELECT count(*)::int AS count FROM outbox');
    if (open?.count === 0) return (await readAs(service, { first: 1 })).stretch?.head;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('provisioningCertificateEventLog', () => {
  it('tells each change once, in order, with the epoch it came to', async () => {
    const begin = await end();
    await published();
    const renewed = await issueProvisioningCertificate(pki, { pcid });
    await published({ vehicleCertificate: pem(renewed) });
    const events = await eventsAfter(begin, 2);
    const common = {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      cursor: expect.any(String) as string,
      time: now.toISOString(),
      pcid,
      namespace: 'ISO15118_2',
      epoch: expect.stringMatching(/^\d+$/) as string,
    };
    expect(events).toEqual([
      { ...common, type: 'PROVISIONING_CERTIFICATE_PUBLISHED', keyChanged: false },
      { ...common, type: 'PROVISIONING_CERTIFICATE_UPDATED', keyChanged: true },
    ]);
    expect(BigInt(events[1]?.epoch ?? 0)).toBeGreaterThan(BigInt(events[0]?.epoch ?? 0));
    expect(await eventsAfter(events[0]?.cursor, 1)).toEqual([events[1]]);
    const { stretch } = await readAs(service, { after: events[1]?.cursor, first: 1 });
    expect(stretch).toEqual({ head: events[1]?.cursor, events: [] });
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
      encodeCursor({ pool: 'ccp', logId, position: 1 }),
      encodeCursor({ pool: 'pcp', logId, position: 1 }),
    ]) {
      expect((await readAs(service, { after, first: 1 })).errors).toMatchObject([
        { extensions: { code: 'CURSOR_INVALID' } },
      ]);
    }
  });

  it('is for operator and services alone', async () => {
    expect((await readAs(partner('OPERATOR'), { first: 1 })).errors).toBeUndefined();
    for (const caller of [oem, partner('MO'), partner('CPO'), partner('CPS')]) {
      expect((await readAs(caller, { first: 1 })).errors).toMatchObject([
        { extensions: { code: 'FORBIDDEN' } },
      ]);
    }
  });
});

describe('provisioningCertificateEvent', () => {
  const one = `query ($cursor: Cursor!) {
    provisioningCertificateEvent(cursor: $cursor) { type pcid provisioningCertificate { pcid } }
  }`;
  const eventAs = async (caller: Caller, cursor: string | undefined) => {
    const { data, errors } = await pool.execute(caller, one, { cursor });
    expect(errors).toBeUndefined();
    return data?.['provisioningCertificateEvent'];
  };

  it('is the event at a cursor, with the certificate as it is now', async () => {
    const begin = await end();
    await published();
    const [event] = await eventsAfter(begin, 1);
    const told = { type: 'PROVISIONING_CERTIFICATE_PUBLISHED', pcid };
    expect(await eventAs(oem, event?.cursor)).toEqual({ ...told, provisioningCertificate: { pcid } });
    await pool.execute(
      oem,
      'mutation ($input: DeleteProvisioningCertificateInput!) { deleteProvisioningCertificate(input: $input) { deletedPcid } }',
      { input: { pcid } },
    );
    expect(await eventAs(oem, event?.cursor)).toEqual({ ...told, provisioningCertificate: null });
  });

  it('reads for another car maker as one that is not there', async () => {
    const begin = await end();
    await published();
    const [event] = await eventsAfter(begin, 1);
    const position = Number.MAX_SAFE_INTEGER;
    const { logId } = decodeCursor(event?.cursor ?? '');
    const other = partner('OEM', ['XYZ']);
    expect(await eventAs(other, event?.cursor)).toBeNull();
    expect(await eventAs(other, encodeCursor({ pool: 'pcp', logId, position }))).toBeNull();
  });
});
