import type { ExecutionResult } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '@chargegraph/events';
import { listen } from '../harness/events.ts';
import { signNewContract } from '../harness/parties.ts';
import { pause } from '../harness/wait.ts';
import { startScene, type Event, type Scene } from './scene.ts';

/** A result but for what it cost, which no two results share. */
const withoutCost = ({ data, errors }: ExecutionResult) => ({ data, errors });

describe('who hears of contract events, and from where', () => {
  let scene: Scene;
  let world: Scene['world'];
  let oem: Scene['oem'];
  let mo: Scene['mo'];
  let cars: Scene['cars'];
  let contracts: Scene['contracts'];
  let start: Scene['start'];
  let clients: Scene['clients'];

  beforeAll(async () => {
    scene = await startScene();
    ({ world, oem, mo, cars, contracts, start, clients } = scene);
  });
  afterAll(() => scene.stop());

  it('shows each subscriber what its rights show, at the same time', async () => {
    const selection =
      'subscription ($start: Cursor) { contractEvents(after: $start) { emaid contract { emaid signedData { exi } } } }';
    const [forOperator, forOem] = [
      listen<Record<string, Event>>(clients.operator, selection, { start }),
      listen<Record<string, Event>>(clients.oem, selection, { start }),
    ];
    const [seen] = await forOperator.events(1);
    expect(seen).toMatchObject({
      emaid: contracts[0].emaid,
      contract: { signedData: [{ exi: expect.stringMatching(/^[\w+/=]{1000,}$/) }] },
    });
    const { data, errors } = await forOem.take();
    expect(data?.['contractEvents']).toMatchObject({
      emaid: contracts[0].emaid,
      contract: { signedData: [{ exi: null }] },
    });
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    forOperator.stop();
    forOem.stop();
  });

  it('tells a car maker nothing of another one’s cars', async () => {
    const foreign = listen(clients.other, undefined, { after: start });
    const own = listen(clients.oem, undefined, { after: start });
    await own.events(5);
    await signNewContract(mo, world.pki, cars[0]);
    await own.events(1);
    await pause(300);
    expect(foreign.results).toEqual([]);
    foreign.stop();
    own.stop();
  });

  it('is refused to a role that it is not for, and to a query for one event of another', async () => {
    expect(await scene.refusal(clients.cpo, 'subscription { contractEvents { id } }')).toMatchObject({
      message: 'None of your roles may use Subscription.contractEvents.',
      extensions: { code: 'FORBIDDEN' },
    });
    const [event] = await scene.replay('{ contractEvents(after: $start) { cursor } }', 1);
    const query = `{ contractEvent(cursor: "${String(event?.['cursor'])}") { emaid } }`;
    expect(await oem.graphql(query)).toEqual({ contractEvent: { emaid: contracts[0].emaid } });
    const foreign = listen<Record<string, Event>>(clients.other, query);
    await foreign.ended;
    expect(foreign.results.map(withoutCost)).toEqual([{ data: { contractEvent: null } }]);
  });

  it('refuses a cursor that it cannot continue from, saying why and how to go on', async () => {
    const { logId, position } = decodeCursor(start);
    const after = (cursor: string) =>
      scene.refusal(clients.oem, 'subscription ($c: Cursor) { contractEvents(after: $c) { id } }', {
        c: cursor,
      });
    const invalid = (rule: RegExp) => ({
      message: expect.stringMatching(rule) as string,
      extensions: { code: 'CURSOR_INVALID' },
    });
    expect(await after(encodeCursor({ pool: 'pcp', logId, position }))).toMatchObject(
      invalid(/belongs to the events of pcp/),
    );
    expect(await after('AAAA')).toMatchObject(invalid(/not a cursor of ours/));
    expect(await after(encodeCursor({ pool: 'ccp', logId, position: position + 1_000 }))).toMatchObject(
      invalid(/beyond the last event.*subscribe without a cursor/),
    );
    expect(
      await after(encodeCursor({ pool: 'ccp', logId: '00000000-0000-4000-8000-000000000000', position: 1 })),
    ).toMatchObject(invalid(/replaced.*subscribe without a cursor/));
    expect(await after(`${start}x`)).toMatchObject(invalid(/not a cursor of ours/));
  });

  it('shares its websocket with queries and mutations', async () => {
    const read = listen<{ contract: unknown }>(
      clients.oem,
      'query ($e: EMAID!) { contract(emaid: $e) { emaid provisioningCertificate { rootCertificate { type } } } }',
      { e: contracts[0].emaid },
    );
    await read.ended;
    expect(read.results.map(withoutCost)).toEqual([
      {
        data: {
          contract: {
            emaid: contracts[0].emaid,
            provisioningCertificate: { rootCertificate: { type: 'OEM' } },
          },
        },
      },
    ]);
    const { emaid } = await signNewContract(mo, world.pki, cars[0]);
    const written = listen<{ deleteContract: unknown }>(
      clients.mo,
      'mutation ($e: EMAID!) { deleteContract(input: { emaid: $e }) { deletedEmaid } }',
      { e: emaid },
    );
    await written.ended;
    expect(written.results.map(withoutCost)).toEqual([{ data: { deleteContract: { deletedEmaid: emaid } } }]);
    expect(
      await scene.refusal(
        clients.oem,
        'mutation { deleteContract(input: { emaid: "EMP99C00000001" }) { deletedEmaid } }',
      ),
    ).toMatchObject({ extensions: { code: 'FORBIDDEN' } });
  });

  it('is no operation for HTTP', async () => {
    await expect(oem.graphql('subscription { contractEvents { id } }')).rejects.toThrow(/websocket/);
  });

  it('begins with the oldest event that is kept when asked to, and not with a cursor beside it', async () => {
    const query =
      'subscription ($after: Cursor) { contractEvents(after: $after, fromBeginning: true) { cursor type } }';
    const whole = listen<Record<string, Event>>(clients.operator, query);
    const [first] = await whole.events(1);
    expect(decodeCursor(first?.['cursor'] as string).position).toBe(1);
    whole.stop();
    expect(await scene.refusal(clients.operator, query, { after: start })).toMatchObject({
      message: 'Give `after` or `fromBeginning`, not both.',
      extensions: { code: 'BAD_INPUT' },
    });
  });
});
