import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueProvisioningCertificate } from '@chargegraph/pki';
import { endOfLog, listen, type Listening } from '../harness/events.ts';
import { publishCarInput, publishNewCar } from '../harness/parties.ts';
import { pause } from '../harness/wait.ts';
import { startScene, type Event, type Scene } from './scene.ts';

const query = `subscription ($after: Cursor, $where: ProvisioningCertificateEventFilter) {
  provisioningCertificateEvents(after: $after, where: $where) {
    cursor type pcid namespace keyChanged provisioningCertificate { pcid contracts(first: 1) { totalCount } } } }`;

describe('events of provisioning certificates', () => {
  let scene: Scene;
  let start: string;
  beforeAll(async () => {
    scene = await startScene();
    start = await endOfLog(await scene.world.doors('demo-operator'), 'provisioningCertificateEventLog');
  });
  afterAll(() => scene.stop());

  const hear = (client: keyof Scene['clients'], variables: Record<string, unknown>) =>
    listen<Record<string, Event>>(scene.clients[client], query, variables);
  const mutate = async (name: string, input: object) => {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const text = `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { message } } }`;
    const answer = await scene.oem.graphql<Record<string, { userErrors: unknown[] }>>(text, { input });
    expect(answer[name]?.userErrors).toEqual([]);
  };
  const told = async (listening: Listening<Record<string, Event>>, count: number) =>
    (await listening.events(count)).map(({ type, pcid, keyChanged }) => ({ type, pcid, keyChanged }));

  it('reach the maker of the car, live and again from a cursor, in the order in which they happened', async () => {
    const { pki } = scene.world;
    const live = hear('oem', { after: start });
    const { pcid } = await publishNewCar(scene.oem, pki);
    const { certificate } = await issueProvisioningCertificate(pki, { pcid });
    await mutate('updateProvisioningCertificate', publishCarInput(pki, certificate));
    await mutate('factoryResetVehicle', { pcid });
    await mutate('deleteProvisioningCertificate', { pcid });
    const expected = [
      { type: 'PROVISIONING_CERTIFICATE_PUBLISHED', pcid, keyChanged: false },
      { type: 'PROVISIONING_CERTIFICATE_UPDATED', pcid, keyChanged: true },
      { type: 'PROVISIONING_CERTIFICATE_FACTORY_RESET', pcid, keyChanged: false },
      { type: 'PROVISIONING_CERTIFICATE_DELETED', pcid, keyChanged: false },
    ];
    expect(await told(live, 4)).toEqual(expected);
    live.stop();

    const again = hear('oem', { after: start });
    const events = await again.events(4);
    expect(events.map(({ type }) => type)).toEqual(expected.map(({ type }) => type));
    // Its link is as of now: the car is gone.
    expect(events.at(-1)).toMatchObject({ provisioningCertificate: null });
    again.stop();
    const rest = hear('oem', { after: events[1]?.['cursor'] });
    expect(await told(rest, 2)).toEqual(expected.slice(2));
    rest.stop();
  });

  it('are narrowed by type and car, and carry links into other pools', async () => {
    const { pki } = scene.world;
    const cars = [await publishNewCar(scene.oem, pki), await publishNewCar(scene.oem, pki)];
    const pcid = cars[1]?.pcid ?? '';
    const narrowed = hear('operator', {
      after: start,
      where: { type: ['PROVISIONING_CERTIFICATE_PUBLISHED'], pcid: pcid.toLowerCase() },
    });
    expect(await narrowed.events(1)).toMatchObject([
      { pcid, provisioningCertificate: { pcid, contracts: { totalCount: 0 } } },
    ]);
    narrowed.stop();
  });

  it('tell another car maker nothing, and refuse a cursor of another pool', async () => {
    const foreign = hear('other', { after: start });
    const own = hear('oem', { after: start });
    await own.events(1);
    await pause(300);
    expect(foreign.results).toEqual([]);
    foreign.stop();
    own.stop();
    expect(await scene.refusal(scene.clients.oem, query, { after: scene.start })).toMatchObject({
      extensions: { code: 'CURSOR_INVALID' },
    });
  });
});
