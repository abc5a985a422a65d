import { arch, cpus, platform } from 'node:os';
import { ROUNDS, type Measurement, type Measurements } from './measure.ts';
import type { MessageOperation } from './operations.ts';

/** What `bench exi --json` prints. */
export interface Report {
  readonly node: string;
  readonly machine: string;
  readonly rounds: number;
  readonly yardstick: { readonly name: string; readonly perSecond: number };
  readonly operations: readonly OperationReport[];
}

interface OperationReport extends Measurement {
  readonly name: string;
  readonly inputs: number;
  /** Of the encoded messages, in octets. */
  readonly averageSize: number;
  /** The multiple of the yardstick that is to be reached, and whether it is; only where there is one. */
  readonly target?: number;
  readonly reached?: boolean;
}

/** Puts the figures beside what they are to be compared with. */
export function reportOf(operations: readonly MessageOperation[], measured: Measurements): Report {
  return {
    node: process.version,
    machine: `${platform()} ${arch()}, ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
    rounds: ROUNDS,
    yardstick: { name: 'crypto.verify, P-256', perSecond: Math.round(measured.yardstick.perSecond) },
    operations: operations.map(({ name, inputs, averageSize, libcbv2g }, index) => {
      const measurement = measured.operations[index];
      if (measurement === undefined) throw new Error(`${name} was not measured`);
      const { perSecond, ratio, spread } = measurement;
      return {
        name,
        inputs,
        averageSize: Math.round(averageSize),
        perSecond: Math.round(perSecond),
        ratio: rounded(ratio),
        spread: [rounded(spread[0]), rounded(spread[1])],
        ...(libcbv2g === undefined ? {} : { target: libcbv2g, reached: ratio >= libcbv2g }),
      };
    }),
  };
}

/** A report as a table for people. */
export function showReport({ node, machine, rounds, yardstick, operations }: Report): string {
  const rows = operations.map(({ name, averageSize, perSecond, ratio, spread, target, reached }) => [
    name,
    String(averageSize),
    perSecond.toLocaleString('en'),
    `${String(ratio)}×`,
    `${String(spread[0])}–${String(spread[1])}`,
    target === undefined ? '' : `${String(target)}× ${reached === true ? 'reached' : 'MISSED'}`,
  ]);
  const head = ['', 'octets', 'per second', 'ratio', 'rounds', 'libcbv2g'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return [
    `Node ${node}, ${machine}`,
    `1× = ${yardstick.name}: ${yardstick.perSecond.toLocaleString('en')} per second of processor time; one thread, median of ${String(rounds)} rounds`,
    '',
    ...lines,
    '',
  ].join('\n');
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
