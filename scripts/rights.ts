/**
 * Writes the table of rights into docs/rules.md, between its markers: `pnpm rights`. With `--check` it only says whether
 * what stands there is the table.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { rightsColumns, rightsTable } from '../packages/identity/src/rights-table.ts';

const file = join(import.meta.dirname, '..', 'docs', 'rules.md');
const between = /(?<=<!-- rights: [^\n]*-->\n)[\s\S]*?(?=<!-- \/rights -->)/;

const cells = (row: readonly string[]) => `| ${row.join(' | ')} |`;
const table = [
  cells(['field', ...rightsColumns.map((role) => role.replaceAll('_', ' '))]),
  cells(['---', ...rightsColumns.map(() => '---')]),
  ...[...rightsTable].map(([field, rights]) =>
    cells([`\`${field}\``, ...rightsColumns.map((role) => (rights[role] === 'none' ? '–' : rights[role]))]),
  ),
].join('\n');

const page = readFileSync(file, 'utf8');
if (!between.test(page)) throw new Error('docs/rules.md has no markers for the table of rights.');
const replaced = page.replace(between, `\n${table}\n\n`);
const written = await format(replaced, { ...(await resolveConfig(file)), parser: 'markdown' });
if (!process.argv.includes('--check')) {
  writeFileSync(file, written);
} else if (page !== written) {
  console.error('docs/rules.md does not have the table of rights as it is: run `pnpm rights`.');
  process.exit(1);
}
