import { parseArgs } from 'node:util';
import { measure } from './exi/measure.ts';
import { createOperations } from './exi/operations.ts';
import { reportOf, showReport } from './exi/report.ts';
import { createYardstick } from './exi/yardstick.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

const operations = await createOperations();
const yardstick = createYardstick();
const report = reportOf(operations, measure(yardstick, operations));
process.stdout.write(values.json ? `${JSON.stringify(report, undefined, 2)}\n` : showReport(report));
