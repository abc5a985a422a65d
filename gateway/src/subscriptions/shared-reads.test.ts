import { describe, expect, it } from 'vitest';
import type { LoggedEvent, LogPage } from '@chargegraph/events';
import { eventAt, logId } from '../graph.fixture.ts';
import { createSharedReads } from './shared-reads.ts';

const otherLog = '11111111-2222-4333-8444-555555555555';

/** A log whose reads the test answers, as of the moment at which they were asked. */
function aLog(head: number) {
  const asked: { after: number; first: number; answer: () => void; fail: (error: Error) => void }[] = [];
  const log = { id: logId, head, asked };
  const read = (after: number, first: number): Promise<LogPage> => {
    const last = Math.min(log.head, after + first);
    const events = Array.from({ length: Math.max(0, last - after) }, (_, n) =>
      eventAt(after + 1 + n, { logId: log.id }),
    );
    const page: LogPage = { events, logId: log.id, head: log.head };
    return new Promise((resolve, reject) => {
      asked.push({
        after,
        first,
        answer: () => {
          resolve(page);
        },
        fail: reject,
      });
    });
  };
  const answerAll = () => {
    for (const { answer } of asked) answer();
  };
  return { log, asked, answerAll, reads: createSharedReads(read) };
}

const positions = ({ events }: { readonly events: readonly LoggedEvent[] }) =>
  events.map(({ position }) => position);
const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

describe('reads for replays', () => {
  it('are one for all in the same stretch, each of whom gets what is behind its own place', async () => {
    const { asked, answerAll, reads } = aLog(500);
    const pages = [201, 250, 399].map((after) => reads.replay(after, 200));
    expect(asked).toHaveLength(1);
    answerAll();
    const [first, second, third] = await Promise.all(pages);
    expect(first && positions(first)).toEqual(upTo(202, 400));
    expect(second && positions(second)).toEqual(upTo(251, 400));
    expect(third).toMatchObject({ events: [{ position: 400 }], head: 500, logId });
    expect(positions(await reads.replay(300, 20))).toEqual(upTo(301, 320));
    expect(asked).toHaveLength(1);
    void reads.replay(400, 200);
    expect(asked).toHaveLength(2);
  });

  it('are no answer to who is already where they ended: that one reads anew, and others with it', async () => {
    const { log, asked, answerAll, reads } = aLog(250);
    const older = reads.replay(210, 200);
    log.head = 260;
    const ahead = [reads.replay(255, 200), reads.replay(256, 200)];
    expect(asked).toHaveLength(1);
    answerAll();
    expect(positions(await older)).toEqual(upTo(211, 250));
    await new Promise(setImmediate);
    expect(asked).toHaveLength(2);
    answerAll();
    expect((await Promise.all(ahead)).map(positions)).toEqual([upTo(256, 260), upTo(257, 260)]);
  });

  it('are not kept when they fail', async () => {
    const { asked, answerAll, reads } = aLog(10);
    const failing = reads.replay(0, 200);
    asked[0]?.fail(new Error('Away.'));
    await expect(failing).rejects.toThrow('Away.');
    const next = reads.replay(0, 200);
    answerAll();
    expect(positions(await next)).toEqual(upTo(1, 10));
  });

  it('are forgotten once the log is seen to have been replaced', async () => {
    const { log, asked, answerAll, reads } = aLog(10);
    const before = reads.replay(5, 200);
    answerAll();
    await before;
    log.id = otherLog;
    const ends = reads.ends();
    answerAll();
    expect((await ends).logId).toBe(otherLog);
    const after = reads.replay(5, 200);
    expect(asked).toHaveLength(3);
    answerAll();
    expect((await after).logId).toBe(otherLog);
  });
});

describe('where a log ends', () => {
  it('is read once for all who ask while it is being read, and as of no moment before they asked', async () => {
    const { log, asked, answerAll, reads } = aLog(3);
    const first = reads.ends();
    log.head = 7;
    const others = [reads.ends(), reads.ends(), reads.ends()];
    expect(asked).toHaveLength(1);
    answerAll();
    expect(await first).toMatchObject({ head: 3, events: [{ position: 1 }] });
    await new Promise(setImmediate);
    expect(asked).toHaveLength(2);
    answerAll();
    for (const other of others) expect(await other).toMatchObject({ head: 7 });
  });

  it('is read again by those who waited for a read that failed', async () => {
    const { asked, answerAll, reads } = aLog(3);
    const first = reads.ends();
    const second = reads.ends();
    asked[0]?.fail(new Error('Away.'));
    await expect(first).rejects.toThrow('Away.');
    await new Promise(setImmediate);
    answerAll();
    expect(await second).toMatchObject({ head: 3 });
  });
});
