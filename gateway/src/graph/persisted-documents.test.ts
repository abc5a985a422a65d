import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPersistedDocuments } from './persisted-documents.ts';

describe('persisted documents', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'documents-'));
    await writeFile(join(folder, 'one.json'), JSON.stringify({ abc: '{ a }', def: '{ d }' }));
    await writeFile(join(folder, 'roots.graphql'), '{ roots }');
    await writeFile(join(folder, 'README.md'), 'not a document');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const byHash = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } });

  it('are known by the ids of files and of their names, in both ways that clients send ids', async () => {
    const documents = await readPersistedDocuments(folder, false);
    expect(documents.textOf({ documentId: 'abc' })).toBe('{ a }');
    expect(documents.textOf({ documentId: 'sha256:def' })).toBe('{ d }');
    expect(documents.textOf({ documentId: 'roots' })).toBe('{ roots }');
    expect(documents.textOf({ query: '', ...byHash('abc') })).toBe('{ a }');
    const alone = await readPersistedDocuments(join(folder, 'one.json'), false);
    expect(alone.textOf({ documentId: 'abc' })).toBe('{ a }');
    expect(() => alone.textOf({ documentId: 'roots' })).toThrow('PersistedQueryNotFound');
  });

  it('leave other texts alone, unless they alone may run', async () => {
    const free = await readPersistedDocuments(folder, false);
    expect(free.textOf({ query: '{ x }' })).toBe('{ x }');
    expect(free.textOf({ query: '{ x }', ...byHash('unknown') })).toBe('{ x }');
    const only = await readPersistedDocuments(folder, true);
    for (const request of [{ query: '{ x }' }, { query: '{ x }', documentId: 'unknown' }]) {
      expect(() => only.textOf(request)).toThrow('Only registered documents');
    }
    expect(only.textOf({ query: '{ a }' })).toBe('{ a }');
    // Neither text nor id: whoever reads the request says what is missing.
    expect(only.textOf({})).toBeUndefined();
  });

  it.each(['__proto__', 'constructor', ''])('do not know %j', async (documentId) => {
    const documents = await readPersistedDocuments(folder, false);
    expect(() => documents.textOf({ documentId })).toThrow('PersistedQueryNotFound');
  });

  it('that cannot be read stop the start with a sentence', async () => {
    const unreadable = /CHARGEGRAPH_PERSISTED_DOCUMENTS cannot be read/;
    await expect(readPersistedDocuments(join(folder, 'none'), false)).rejects.toThrow(unreadable);
    const file = join(folder, 'wrong.json');
    for (const wrong of ['{', '[]', '{"a": 1}']) {
      await writeFile(file, wrong);
      await expect(readPersistedDocuments(file, false)).rejects.toThrow(unreadable);
    }
    await rm(file);
  });
});
