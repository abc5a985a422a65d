import { describe, expect, it } from 'vitest';
import { rootFingerprint } from './find-root.ts';

describe('the V2G root that a request names', () => {
  const nobody = () => Promise.reject(new Error('The graph need not be asked.'));

  it('is its SHA-256 in either case, with colons or without', async () => {
    expect(await rootFingerprint(nobody, ' A7:6A:E4 ')).toBe('a76ae4');
  });

  it('is none where nothing is said', async () => {
    for (const none of ['', ' ', null, undefined])
      expect(await rootFingerprint(nobody, none)).toBeUndefined();
  });

  it('is looked up by its id', async () => {
    await expect(rootFingerprint(nobody, 'a76ae4c5-d00e-86a9-a755-4511865bfa89')).rejects.toThrow(/asked/);
  });
});
