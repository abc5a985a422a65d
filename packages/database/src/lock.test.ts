import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigurationError } from '@chargegraph/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from './lock.ts';
import { identifyProcess, isRunning } from './process-identity.ts';

describe('a folder lock', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'chargegraph-lock-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('is refused while a running process has it, and had again after its release', async () => {
    const first = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toThrow(ConfigurationError);
    await first.release();
    const second = await lockFolder(folder);
    await first.release();
    await expect(lockFolder(folder)).rejects.toThrow(/in use/);
    await second.release();
  });

  it('creates its folder', async () => {
    const lock = await lockFolder(path.join(folder, 'new', 'deep'));
    expect(await readdir(path.join(folder, 'new', 'deep'))).toEqual(['lock.1']);
    await lock.release();
  });

  it('of a killed process is taken over by exactly one of many that try at once', async () => {
    for (let round = 0; round < 10; round++) {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      const owner = await identifyProcess(child.pid ?? 0);
      if (owner === undefined) throw new Error('The process did not start.');
      child.kill('SIGKILL');
      await once(child, 'exit');
      const names = await readdir(folder);
      const last = Math.max(0, ...names.map((name) => Number(name.split('.')[1])));
      await writeFile(
        path.join(folder, `lock.${String(last + 1)}`),
        `${String(owner.pid)}\n${owner.started}\n`,
      );

      const tries = await Promise.allSettled(Array.from({ length: 12 }, () => lockFolder(folder)));
      const won = tries.filter((attempt) => attempt.status === 'fulfilled');
      expect(won).toHaveLength(1);
      for (const attempt of tries) {
        if (attempt.status === 'rejected') expect(attempt.reason).toBeInstanceOf(ConfigurationError);
      }
      await won[0]?.value.release();
    }
  });

  it('of a process whose pid went to another one is stale', async () => {
    await writeFile(path.join(folder, 'lock.3'), `${String(process.pid)}\nan earlier boot 42\n`);
    const lock = await lockFolder(folder);
    expect(await readdir(folder)).toEqual(['lock.4']);
    await lock.release();
  });
});

describe('a process identity', () => {
  it('holds for this process and not for one that has ended', async () => {
    const self = await identifyProcess(process.pid);
    if (self === undefined) throw new Error('This process was not found.');
    expect(self.started).not.toBe('');
    expect(await isRunning(self)).toBe(true);
    expect(await isRunning({ ...self, started: 'another time' })).toBe(false);

    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    expect(await identifyProcess(child.pid ?? 0)).toBeUndefined();
  });
});
