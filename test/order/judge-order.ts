import { decodeCursor } from '@chargegraph/events';
import type { FollowedEvent } from '../harness/follower.ts';
import type { CommittedEvent } from './orders.ts';

/** What is wrong with a log, given what was committed; all empty or 0 when nothing is. */
export interface LogVerdict {
  /** Positions that do not follow the one before them. */
  readonly gaps: readonly number[];
  /** Ids of events that were committed and are not in the log. */
  readonly missing: readonly string[];
  /** Ids of events of the writers' contracts that are in the log although nobody committed them, or once more than once. */
  readonly foreign: readonly string[];
  /** Ids of events that stand behind one of the same contract that was committed later. */
  readonly disordered: readonly string[];
}

/** The position of an event's cursor. */
export const positionOf = ({ cursor }: { readonly cursor: string }): number => decodeCursor(cursor).position;

/** Positions that do not follow each other. */
const gapsIn = (positions: readonly number[]): number[] =>
  positions.filter((position, n) => n > 0 && position !== (positions[n - 1] ?? 0) + 1);

/** Holds a log against what was committed about some contracts. */
export function judgeLog(
  log: readonly FollowedEvent[],
  committed: readonly CommittedEvent[],
  emaids: readonly string[],
): LogVerdict {
  const turns = new Map(committed.map(({ id, turn }) => [id, turn]));
  const left = new Set(turns.keys());
  const latest = new Map<string, number>();
  const ours = new Set(emaids);
  const foreign: string[] = [];
  const disordered: string[] = [];
  for (const { id, emaid } of log) {
    if (!ours.has(emaid)) continue;
    const turn = turns.get(id);
    if (turn === undefined || !left.delete(id)) {
      foreign.push(id);
      continue;
    }
    if (turn < (latest.get(emaid) ?? 0)) disordered.push(id);
    else latest.set(emaid, turn);
  }
  return { gaps: gapsIn(log.map(positionOf)), missing: [...left], foreign, disordered };
}

/**
 * The positions at which a reader's cursor passed an event of its own that it had not had, and those that it had again
 * or too late. A reader that never began anew with an older cursor has neither.
 */
export function judgeReader(
  log: readonly FollowedEvent[],
  had: readonly FollowedEvent[],
): { passedOver: number[]; again: number[] } {
  const passedOver: number[] = [];
  const again: number[] = [];
  const places = log.map(positionOf);
  let next = 0;
  for (const position of had.map(positionOf)) {
    if (position < (places[next] ?? Infinity)) {
      again.push(position);
      continue;
    }
    for (let place = places[next]; place !== undefined && place < position; place = places[++next]) {
      passedOver.push(place);
    }
    next += 1;
  }
  return { passedOver, again };
}
