/**
 * Order and completeness at length: 16 writers in four processes, readers at three gateways, and one transaction that is
 * open all the while.
 *
 *   pnpm test:order [transactions of each writer]
 *
 * Ends with 1 unless the log is gap-free and in the order of the commits and everybody read all of it once.
 */
import { hasRedis } from '@chargegraph/events/testing';
import { startInstallation } from '../faults/installation.ts';
import { playOrder, type OrderReport } from './play.ts';

const transactions = Number(process.argv[2] ?? 2_000);
if (!Number.isSafeInteger(transactions) || transactions < 1) {
  console.error('Use: pnpm test:order [transactions of each writer]');
  process.exit(2);
}
if (!hasRedis) {
  console.error('This needs redis-server in the path.');
  process.exit(2);
}

function show({ committed, rolledBack, long, logged, log, readers, open }: OrderReport): number {
  console.log(
    `${committed} events committed by 16 writers in 4 processes; ${rolledBack} transactions rolled back,`,
  );
  console.log(`${long} held open for up to ${longest} ms after their event; ${logged} events logged\n`);
  const { gaps, missing, foreign, disordered } = log;
  console.log(
    `log: ${gaps.length} gaps, ${missing.length} missing, ${foreign.length} foreign, ${disordered.length} disordered`,
  );
  console.log('reader                         had  passed over     again      lost');
  let wrong = gaps.length + missing.length + foreign.length + disordered.length;
  for (const { name, had, passedOver, again, lost } of readers) {
    const cells = [
      String(passedOver.length).padStart(13),
      String(again.length).padStart(10),
      String(lost).padStart(10),
    ];
    console.log(name.padEnd(24) + String(had).padStart(10) + cells.join(''));
    wrong += passedOver.length + again.length + lost;
  }
  console.log(
    `\nwhile one transaction was open ${open.loggedMeanwhile} events were logged; its own came ${open.behind} after them`,
  );
  if (open.tooSoon || open.behind !== 1) wrong += 1;
  console.log(wrong === 0 ? 'Gap-free, complete and in order.' : 'THIS IS WRONG.');
  return wrong === 0 ? 0 : 1;
}

const longest = 500;
const publications = 20;
const all = await startInstallation({
  gateways: 3,
  contracts: 1,
  publications,
  settings: { CHARGEGRAPH_COST_PER_MINUTE: '0' },
});
process.once('SIGINT', () => {
  void all.clear().then(() => process.exit(130));
});
try {
  const report = await playOrder(all, {
    transactions,
    longest,
    publications,
    contracts: 500,
    patience: 120_000,
  });
  process.exitCode = show(report);
} finally {
  await all.clear();
}
process.exit();
