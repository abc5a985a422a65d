import { describe, expect, it } from 'vitest';
import { allPages } from './all-pages.ts';

describe('a list that OPCP knows no pages of', () => {
  it('is read through all of its pages, in their order', async () => {
    const pages = [['a', 'b'], ['c'], []];
    const asked: (string | undefined)[] = [];
    const nodes = await allPages((after) => {
      asked.push(after);
      const index = after === undefined ? 0 : Number(after);
      return Promise.resolve({
        nodes: pages[index] ?? [],
        pageInfo: { hasNextPage: index < pages.length - 1, endCursor: String(index + 1) },
      });
    });
    expect(nodes).toEqual(['a', 'b', 'c']);
    expect(asked).toEqual([undefined, '1', '2']);
  });

  it('without an end is refused, not read for ever', async () => {
    const endless = () => Promise.resolve({ nodes: [], pageInfo: { hasNextPage: true, endCursor: 'x' } });
    await expect(allPages(endless)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});
