import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Doors } from '@chargegraph/cli';
import { createDemoPki, toPem, type DemoPki } from '@chargegraph/pki';
import { endOfLog, listen } from '../harness/events.ts';
import { pause } from '../harness/wait.ts';
import { startScene, type Event, type Scene } from './scene.ts';

const query = `subscription ($after: Cursor, $where: RootCertificateEventFilter, $markers: Boolean! = false) {
  rootCertificateEvents(after: $after, where: $where, markers: $markers) {
    cursor type fingerprint rootType subject notAfter reason
    rootCertificate { fingerprint cpsSigners(first: 1) { totalCount } } } }`;

describe('events of root certificates', () => {
  let scene: Scene;
  let operator: Doors;
  let start: string;
  let pki: DemoPki;
  beforeAll(async () => {
    scene = await startScene({ heartbeatInterval: 400 });
    operator = await scene.world.doors('demo-operator');
    start = await endOfLog(operator, 'rootCertificateEventLog');
    pki = await createDemoPki({ now: new Date() });
  });
  afterAll(() => scene.stop());

  const hear = (client: keyof Scene['clients'], variables: Record<string, unknown>) =>
    listen<Record<string, Event>>(scene.clients[client], query, variables);
  const mutate = async (name: string, input: object) => {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const text = `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { message } } }`;
    const answer = await operator.graphql<Record<string, { userErrors: unknown[] }>>(text, { input });
    expect(answer[name]?.userErrors).toEqual([]);
  };
  const addRoot = (of: 'v2gRoot' | 'moRoot', type: string) =>
    mutate('addRootCertificate', { certificate: toPem(pki[of].certificate), type });

  it('reach every partner, live and again from a cursor, with the facts and the root as of now', async () => {
    const { fingerprint, subject, notAfter } = pki.v2gRoot.certificate;
    const partners = ['oem', 'mo', 'cpo', 'operator'] as const;
    const live = partners.map((client) => hear(client, { after: start }));
    await addRoot('v2gRoot', 'V2G');
    const common = { fingerprint, rootType: 'V2G', subject, notAfter: notAfter.toISOString() };
    const added = { ...common, type: 'ROOT_CERT_ADDED', reason: null };
    for (const listening of live) {
      expect(await listening.events(1)).toMatchObject([
        { ...added, rootCertificate: { fingerprint, cpsSigners: { totalCount: 0 } } },
      ]);
    }
    await mutate('removeRootCertificate', { fingerprint, reason: 'The key was lost.' });
    const removed = { ...common, type: 'ROOT_CERT_REMOVED', reason: 'The key was lost.' };
    for (const listening of live) {
      expect(await listening.events(1)).toMatchObject([{ ...removed, rootCertificate: null }]);
      listening.stop();
    }
    const again = hear('cpo', { after: start });
    const events = await again.events(2);
    expect(events).toMatchObject([added, { ...removed, rootCertificate: null }]);
    again.stop();
    const rest = hear('cpo', { after: events[0]?.['cursor'] });
    expect(await rest.events(1)).toEqual([events[1]]);
    rest.stop();
  });

  it('are narrowed by type, root and what it is a root of', async () => {
    await addRoot('v2gRoot', 'V2G');
    await addRoot('moRoot', 'MO');
    const { fingerprint } = pki.moRoot.certificate;
    for (const where of [
      { rootType: ['MO'] },
      { fingerprint: fingerprint.toUpperCase() },
      { rootType: ['MO', 'OEM'], type: ['ROOT_CERT_ADDED'], fingerprint },
    ]) {
      const narrowed = hear('oem', { after: start, where });
      expect(await narrowed.events(1)).toMatchObject([{ type: 'ROOT_CERT_ADDED', fingerprint }]);
      await pause(50);
      expect(narrowed.results).toHaveLength(1);
      narrowed.stop();
    }
    expect(await scene.refusal(scene.clients.oem, query, { where: { fingerprint: 'ab' } })).toMatchObject({
      message: expect.stringContaining('64 hexadecimal digits') as string,
    });
  });

  it('carry markers without facts and links', async () => {
    const head = await endOfLog(operator, 'rootCertificateEventLog');
    const listening = hear('cpo', { after: head, markers: true });
    const marker = {
      cursor: head,
      fingerprint: null,
      rootType: null,
      subject: null,
      notAfter: null,
      reason: null,
      rootCertificate: null,
    };
    expect(await listening.events(2)).toEqual([
      { ...marker, type: 'CAUGHT_UP' },
      { ...marker, type: 'HEARTBEAT' },
    ]);
    listening.stop();
  });

  it('refuse a cursor of another pool', async () => {
    expect(await scene.refusal(scene.clients.mo, query, { after: scene.start })).toMatchObject({
      extensions: { code: 'CURSOR_INVALID' },
    });
  });
});
