import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'rules.md'), 'utf8');

/** The tables but that of rights: the rows of each section that have four cells. */
const rows = page
  .replace(/<!-- rights:[\s\S]*<!-- \/rights -->/, '')
  .split('\n')
  .filter((line) => line.startsWith('|') && !/^\| (rule|-+) /.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

const quoted = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);

describe('docs/rules.md', () => {
  it('has a rule, a source, a place and a proof in each row', () => {
    expect(rows.length).toBeGreaterThan(80);
    for (const row of rows) {
      const [rule, source, places, proofs] = row;
      expect(row).toHaveLength(4);
      expect([rule, source]).not.toContain('');
      expect(quoted(places), rule).not.toEqual([]);
      expect(quoted(proofs), rule).not.toEqual([]);
    }
  });

  it.each(rows.map(([rule = '', , places, proofs]) => ({ rule, places, proofs })))(
    'names places and tests that there are: $rule',
    ({ places, proofs }) => {
      for (const path of quoted(places)) expect(existsSync(join(root, path)), path).toBe(true);
      for (const proof of quoted(proofs)) {
        const [path = '', title = ''] = proof.split(' › ');
        // What tests are generated from counts as one.
        expect(path).toMatch(/\.test\.ts$|^test\/.*\.ts$/);
        expect(title.length, proof).toBeGreaterThan(8);
        // As it stands between the quotes of the source.
        const source = readFileSync(join(root, path), 'utf8').replaceAll("\\'", "'");
        expect(source.includes(title), proof).toBe(true);
      }
    },
  );

  it('has the table of rights as it is', async () => {
    const script = ['--conditions=chargegraph-source', '--import', 'tsx', 'scripts/rights.ts', '--check'];
    await promisify(execFile)(process.execPath, script, { cwd: root });
  });
});
