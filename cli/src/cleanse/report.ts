import type { CleansedPool, CleansingReport } from '@chargegraph/cleansing';
import { textTable, type Column } from '../table.ts';

const counts: readonly (readonly [string, keyof CleansingReport])[] = [
  ['CHECKED', 'checked'],
  ['REFRESHED', 'refreshed'],
  ['EXPIRED', 'expired'],
  ['REVOKED', 'revoked'],
  ['DELETED', 'deleted'],
  ['ENDED SIGNERS', 'endedSigners'],
  ['FAILURES', 'failures'],
];

const columns: readonly Column<CleansingReport>[] = [
  ['POOL', ({ pool }) => pool],
  ...counts.map(([title, name]): Column<CleansingReport> => [title, (report) => String(report[name])]),
  [
    'SECONDS',
    ({ startedAt, finishedAt }) => ((finishedAt.getTime() - startedAt.getTime()) / 1_000).toFixed(1),
  ],
];

/** Reports as a table for a terminal. */
export function reportTable(reports: readonly CleansingReport[]): string {
  const isDry = reports.some(({ dryRun }) => dryRun);
  return `${textTable(columns, reports)}${isDry ? 'Dry run: nothing was asked and nothing was deleted.\n' : ''}`;
}

/** That nothing was done in a pool. */
export const busyLine = (pool: CleansedPool): string =>
  `${pool}: another process is cleansing it now; nothing was done.\n`;

/** A report for a program. */
export const reportJson = ({ startedAt, finishedAt, ...report }: CleansingReport): object => ({
  ...report,
  startedAt: startedAt.toISOString(),
  finishedAt: finishedAt.toISOString(),
});
