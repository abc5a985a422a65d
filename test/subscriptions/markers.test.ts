import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeCursor } from '@chargegraph/events';
import { listen } from '../harness/events.ts';
import { signNewContract } from '../harness/parties.ts';
import { startScene, type Event, type Scene } from './scene.ts';

const heartbeatInterval = 400;
const query = `subscription ($after: Cursor, $where: ContractEventFilter) {
  told: contractEvents(after: $after, where: $where, markers: true) {
    id cursor type time emaid pcid contract { emaid } provisioningCertificate { pcid rootCertificate { id } } } }`;

describe('a subscription with markers', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene({ heartbeatInterval });
  });
  afterAll(() => scene.stop());
  const hear = (client: keyof Scene['clients'], variables: Record<string, unknown> = {}) =>
    listen<Record<string, Event>>(scene.clients[client], query, variables);
  const positionOf = (event: Event | undefined) => decodeCursor(event?.['cursor'] as string).position;

  it('is told once that it has caught up, behind all that was logged before, without facts and links', async () => {
    const listening = hear('oem', { after: scene.start });
    const events = await listening.events(6);
    expect(events.slice(0, 5).map(({ type }) => type)).not.toContain('CAUGHT_UP');
    const [marker] = events.slice(5);
    expect(marker).toEqual({
      id: `CAUGHT_UP-${marker?.['cursor'] as string}`,
      cursor: events[4]?.['cursor'],
      type: 'CAUGHT_UP',
      time: expect.stringMatching(/^\d{4}-/) as string,
      emaid: null,
      pcid: null,
      contract: null,
      provisioningCertificate: null,
    });
    const { emaid } = await signNewContract(scene.mo, scene.world.pki, scene.cars[0]);
    let next: Event | undefined;
    do [next] = await listening.events(1);
    while (next?.['type'] === 'HEARTBEAT');
    expect(next).toMatchObject({ type: 'OEM_CONTRACT_CREATED', emaid });
    listening.stop();
  });

  it('is told at once that it has caught up when it begins now', async () => {
    const listening = hear('oem');
    expect(await listening.events(1)).toMatchObject([{ type: 'CAUGHT_UP' }]);
    listening.stop();
  });

  it('has its cursor moved on while nothing of its own happens, and continues from there without a loss', async () => {
    const quiet = hear('other', { where: { type: ['OEM_CONTRACT_DELETED'] } });
    const [begin] = await quiet.events(1);
    await signNewContract(scene.mo, scene.world.pki, scene.cars[0]);
    let moved: Event | undefined;
    // Some may have come before anything happened.
    do [moved] = await quiet.events(1);
    while (positionOf(moved) <= positionOf(begin));
    expect(moved?.['type']).toBe('HEARTBEAT');
    quiet.stop();
    const { emaid } = await signNewContract(scene.mo, scene.world.pki, scene.cars[1]);
    const again = hear('oem', { after: moved?.['cursor'] });
    const [next] = await again.events(1);
    expect(next).toMatchObject({ type: 'OEM_CONTRACT_CREATED', emaid });
    again.stop();
  });

  it('is told nothing but events without them', async () => {
    const plain = listen<Record<string, Event>>(
      scene.clients.oem,
      'subscription ($after: Cursor) { contractEvents(after: $after) { type } }',
      { after: scene.start },
    );
    const beside = hear('oem', { after: scene.start });
    await beside.events(7);
    expect(plain.results.length).toBeGreaterThanOrEqual(5);
    for (const { data } of plain.results) {
      expect(data?.['contractEvents']).toEqual({ type: expect.stringMatching(/^OEM_/) as string });
    }
    plain.stop();
    beside.stop();
  });
});
