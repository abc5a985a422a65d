import { afterEach, describe, expect, it, vi } from 'vitest';
import { createWorkLoop, type WorkLoop } from './work-loop.ts';

let loop: WorkLoop | undefined;
afterEach(() => loop?.stop());

const hour = 3_600_000;

function start(work: (goesOn: () => boolean) => Promise<number>) {
  const [onFailure, onRecovery] = [vi.fn(), vi.fn()];
  loop = createWorkLoop({ work, onFailure, onRecovery });
  loop.start();
  return { loop, onFailure, onRecovery };
}

const called = (mock: { readonly mock: { readonly calls: readonly unknown[] } }, times: number) =>
  vi.waitFor(() => {
    expect(mock.mock.calls.length).toBeGreaterThanOrEqual(times);
  }, 5_000);

describe('a work loop', () => {
  it('works at once, then when it is woken, then after the rest that the work asks for', async () => {
    const work = vi.fn(() => Promise.resolve(work.mock.calls.length < 3 ? hour : 1));
    const { loop } = start(work);
    await called(work, 1);
    loop.wake();
    await called(work, 2);
    loop.wake();
    await called(work, 4);
  });

  it('looks once more when it is woken while it works', async () => {
    let finish: () => void = () => undefined;
    const work = vi.fn(
      () =>
        new Promise<number>((resolve) => {
          finish = () => {
            resolve(hour);
          };
        }),
    );
    const { loop } = start(work);
    loop.wake();
    finish();
    await called(work, 2);
    finish();
  });

  it('tries again after a failure and says when it works again', async () => {
    const work = vi.fn<() => Promise<number>>().mockResolvedValue(hour);
    work.mockRejectedValueOnce(new Error('one')).mockRejectedValueOnce(new Error('two'));
    const { onFailure, onRecovery } = start(work);
    await called(onRecovery, 1);
    expect(onFailure.mock.calls).toEqual([[new Error('one')], [new Error('two')]]);
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('ends after the work at hand, which is told', async () => {
    const seen: boolean[] = [];
    const { loop } = start(async (goesOn) => {
      seen.push(goesOn());
      await vi.waitUntil(() => !goesOn(), 5_000);
      seen.push(goesOn());
      return 1;
    });
    await loop.stop();
    expect(seen).toEqual([true, false]);
  });

  it('is started once, however often that is asked, and can be started again', async () => {
    const work = vi.fn(() => Promise.resolve(hour));
    const { loop } = start(work);
    loop.start();
    await loop.stop();
    expect(work).toHaveBeenCalledOnce();
    loop.start();
    await called(work, 2);
  });
});
