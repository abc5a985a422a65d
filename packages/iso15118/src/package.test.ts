import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iso15118ErrorCodes } from './error-codes.ts';
import {
  compileAndRun,
  examples,
  exportsOf,
  installPacked,
  readme,
  type Consumer,
  type Export,
} from './package.fixture.ts';

/** How docstrings name what they follow. */
const standard =
  /\bISO (15118|3780)\b|\bEXI 1\.0|\bRFC \d{4}\b|\bXML (1\.0|Signature|Encryption)\b|\bSEC [12]\b|\bVDE-AR-E 2802\b/;

/** What no standard knows: the common shape of errors, the JSON form, and what is told of a text that was read. */
const own: ReadonlySet<string> = new Set([
  'DecodedAnyMessage',
  'IdentifierErrorCode',
  'identifierErrorCodes',
  'InspectedXmlMessage',
  'Iso15118Error',
  'Iso15118ErrorCode',
  'iso15118ErrorCodes',
  'Iso2MessageJson',
  'JsonErrorCode',
  'jsonErrorCodes',
  'MessageJsonError',
  'MessageXmlError',
  'SignerError',
  'SignerErrorCode',
  'signerErrorCodes',
  'XML_MAX_OCTETS',
  'XmlPosition',
]);

let consumer: Consumer;
let exported: readonly Export[];

beforeAll(() => {
  consumer = installPacked();
  exported = exportsOf(consumer);
}, 120_000);

afterAll(() => {
  rmSync(dirname(consumer.folder), { recursive: true, force: true });
});

describe('the package as it is published', () => {
  it('holds what was built, its README and its license, and no sources or tests', () => {
    const built = consumer.packed.filter((path) => path.startsWith('dist/'));
    expect(consumer.packed.filter((path) => !path.startsWith('dist/')).sort()).toEqual([
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    expect(built).toContain('dist/index.js');
    expect(built).toContain('dist/index.d.ts');
    expect(built.filter((path) => !/\.(js|d\.ts)$/.test(path))).toEqual([]);
    expect(built.filter((path) => /\.(test|fixture)\./.test(path))).toEqual([]);
  });

  it('runs the examples of the README, compiled with its types, and prints what they say', () => {
    const said = [...examples.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, line]) => line);
    expect(said.length).toBeGreaterThan(5);
    expect(examples.match(/console\.log/g)).toHaveLength(said.length);
    expect(compileAndRun(consumer, examples).trimEnd().split('\n')).toEqual(said);
  }, 120_000);

  it('says of every export what it is', () => {
    expect(exported.length).toBeGreaterThan(80);
    const silent = exported.filter(({ docstring }) => docstring === '');
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it('names the standard behind every export but those that are its own', () => {
    const names = exported.map(({ name }) => name);
    expect([...own].filter((name) => !names.includes(name))).toEqual([]);
    const sourceless = exported.filter(({ name, docstring }) => !own.has(name) && !standard.test(docstring));
    expect(sourceless.map(({ name }) => name)).toEqual([]);
  });
});

describe('the README', () => {
  it('has a row for every error code and no other', () => {
    const rows = [...readme.matchAll(/^\| `([A-Z0-9_]+)` +\| `/gm)].map(([, code]) => code);
    expect([...rows].sort()).toEqual([...iso15118ErrorCodes].sort());
  });

  it('names only functions that exist', () => {
    const table = readme.slice(readme.indexOf('## What it covers'), readme.indexOf('## A worked example'));
    const names = [...table.matchAll(/`([a-z][A-Za-z0-9]+)`/g)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(20);
    const known = new Set(exported.map(({ name }) => name));
    expect(names.filter((name) => !known.has(name))).toEqual(['signedData', 'signedContractDataXML']);
  });
});
