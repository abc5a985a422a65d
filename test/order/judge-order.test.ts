import { encodeCursor } from '@chargegraph/events';
import { describe, expect, it } from 'vitest';
import { judgeLog, judgeReader } from './judge-order.ts';

const logId = '6a0f4c1e-2f6b-4a53-9d6c-0c5b1f2d3e4f';
const event = (position: number, id = `e${position}`, emaid = 'A') => ({
  ...{ id, emaid, type: 'OEM_CONTRACT_UPDATED' },
  cursor: encodeCursor({ pool: 'ccp', logId, position }),
});

describe('the judgement of a log', () => {
  const committed = ['e1', 'e2', 'e3'].map((id, n) => ({ id, emaid: 'A', turn: n * 5 }));
  it('finds gaps, events that are missing, foreign, there twice, or not in the order of their commits', () => {
    expect(judgeLog([event(1), event(2), event(3)], committed, ['A'])).toEqual({
      ...{ gaps: [], missing: [], foreign: [], disordered: [] },
    });
    expect(judgeLog([event(1), event(2, 'e3'), event(4, 'e2')], committed, ['A'])).toEqual({
      ...{ gaps: [4], missing: [], foreign: [], disordered: ['e2'] },
    });
    expect(judgeLog([event(1), event(2, 'e1'), event(3, 'x'), event(4, 'y', 'B')], committed, ['A'])).toEqual(
      {
        ...{ gaps: [], missing: ['e2', 'e3'], foreign: ['e1', 'x'], disordered: [] },
      },
    );
  });
});

describe('the judgement of a reader', () => {
  const log = [event(1), event(3), event(4)];
  it('finds what its cursor passed over, and what it had again', () => {
    expect(judgeReader(log, log)).toEqual({ passedOver: [], again: [] });
    expect(judgeReader(log, [event(1), event(4)])).toEqual({ passedOver: [3], again: [] });
    expect(judgeReader(log, [event(1), event(3), event(3), event(4)])).toEqual({
      passedOver: [],
      again: [3],
    });
    expect(judgeReader(log, [event(3), event(1)])).toEqual({ passedOver: [1], again: [1] });
  });
});
