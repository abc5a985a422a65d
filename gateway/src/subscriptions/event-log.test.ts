import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Subgraph } from '@chargegraph/graph';
import type { LoggedEvent } from '@chargegraph/events';
import { cursorAt, eventAt, logId } from '../graph.fixture.ts';
import { eventFields } from './event-source.ts';
import { createLogReader } from './event-log.ts';
import { contractEvents } from './sources/contract-events.ts';

const otherLog = '11111111-2222-4333-8444-555555555555';

describe('the reader of the contract pool’s log', () => {
  let log: { id: string; events: LoggedEvent[]; head: number };
  const execute = vi.fn<Subgraph['execute']>();
  const read = () => createLogReader(contractEvents, { name: 'ccp', execute });

  beforeEach(() => {
    log = { id: logId, events: [1, 2, 3, 4, 5].map((position) => eventAt(position)), head: 5 };
    execute.mockReset();
    execute.mockImplementation(({ variables }) => {
      const { after, first } = variables as { after: string | null; first: number };
      const places = log.events.map((event) => cursorAt(event.position, log.id));
      const behind = after === null || after === cursorAt(0, log.id) ? 0 : places.indexOf(after) + 1;
      if (after !== null && behind === 0) {
        return Promise.resolve({ errors: [{ message: 'No.', extensions: { code: 'CURSOR_INVALID' } }] });
      }
      const events = log.events
        .slice(behind, behind + first)
        .map((event) => eventFields(contractEvents, { ...event, logId: log.id }));
      return Promise.resolve({
        data: { log: { events, head: cursorAt(log.head, log.id) } },
      });
    });
  });

  it('reads from the beginning as the gateway itself, with no rights of a partner', async () => {
    expect(await read()(0, 2)).toEqual({ logId, head: 5, events: log.events.slice(0, 2) });
    const request = execute.mock.lastCall?.[0];
    expect(request?.variables).toEqual({ after: null, first: 2 });
    expect([...(request?.context.caller.roles ?? [])]).toEqual(['SERVICE']);
    expect(request?.context.deadline).toBeGreaterThan(Date.now());
  });

  it('reads on behind a position', async () => {
    const reader = read();
    await reader(0, 2);
    expect((await reader(2, 10)).events.map(({ position }) => position)).toEqual([3, 4, 5]);
    expect(await reader(5, 10)).toEqual({ logId, head: 5, events: [] });
    expect(execute.mock.lastCall?.[0].variables).toEqual({ after: cursorAt(5), first: 10 });
  });

  it('reads behind a position at its first look too, when it does not know the log yet', async () => {
    expect((await read()(3, 10)).events.map(({ position }) => position)).toEqual([4, 5]);
  });

  it('tells of a log that replaced the one it knew', async () => {
    const reader = read();
    await reader(0, 10);
    log = { id: otherLog, events: [eventAt(1, { logId: otherLog })], head: 1 };
    expect(await reader(5, 10)).toEqual({ logId: otherLog, head: 1, events: log.events });
    log.events.push(eventAt(2, { logId: otherLog }));
    log.head = 2;
    expect((await reader(1, 10)).events).toEqual([log.events[1]]);
  });

  it('begins with the oldest that is kept when what follows a position is not', async () => {
    const reader = read();
    await reader(0, 1);
    execute.mockResolvedValueOnce({ errors: [{ message: 'No.', extensions: { code: 'CURSOR_EXPIRED' } }] });
    log.events = log.events.slice(3);
    expect((await reader(1, 10)).events.map(({ position }) => position)).toEqual([4, 5]);
  });

  it('knows where an empty log stands', async () => {
    log = { id: logId, events: [], head: 0 };
    expect(await read()(0, 10)).toEqual({ logId, head: 0, events: [] });
  });

  it.each([
    { errors: [{ message: 'hunter2', extensions: { code: 'UNAVAILABLE' } }] },
    { errors: [{ message: 'hunter2' }], data: null },
    { data: null },
    {},
  ])('says that the log cannot be read when the pool answers %j', async (answer) => {
    execute.mockResolvedValue(answer);
    const error = await read()(0, 1).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'UNAVAILABLE' });
    expect((error as Error).message).not.toContain('hunter2');
  });
});
