import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAuditTables } from '@chargegraph/audit';
import { logReadersPath, logTimesPath, readEventTables } from '@chargegraph/events';
import { readCleansingTables } from '@chargegraph/cleansing';
import { readCertificateStatusTable } from '@chargegraph/revocation';
import { createPreparer, loadSupergraph } from '@chargegraph/gateway';
import { pools, standalonePools, supergraphSdl, type Pool } from '@chargegraph/graph';
import { readTrustTables } from '@chargegraph/trust';

const root = join(import.meta.dirname, '..', '..');
const prepare = createPreparer(loadSupergraph(supergraphSdl()));

/** The pools that a plan fetches from. */
function fetchedFrom(plan: unknown): Set<string> {
  const found = new Set<string>();
  JSON.stringify(plan, (key, value: unknown) => {
    if (key === 'serviceName' && typeof value === 'string') found.add(value);
    return value;
  });
  return found;
}

const operationsOf = (pool: Pool) => operationsIn(join('subgraphs', pool));

async function operationsIn(where: string): Promise<{ name: string; text: string }[]> {
  const folder = join(root, where, 'src', 'operations');
  const names = await readdir(folder).catch(() => []);
  return await Promise.all(
    names.map(async (name) => ({ name, text: await readFile(join(folder, name), 'utf8') })),
  );
}

describe('what pools ask each other', () => {
  it('goes down only: RCP ← PCP ← CCP ← CPS', async () => {
    expect(standalonePools).toEqual(['rcp', 'pcp', 'ccp', 'cps']);
    const asked: string[] = [];
    for (const [rank, pool] of standalonePools.entries()) {
      for (const { name, text } of await operationsOf(pool)) {
        const { plan, rootFields } = prepare(text);
        const lower: readonly string[] = standalonePools.slice(0, rank);
        for (const other of fetchedFrom(plan)) {
          asked.push(`${pool} → ${other}`);
          expect(lower, `${pool} asks ${other} in ${name}`).toContain(other);
        }
        // The one write across pools.
        if (!rootFields.every((field) => field.startsWith('Query.'))) {
          expect({ pool, name, fields: rootFields }).toEqual({
            pool: 'cps',
            name: 'publish-contract.graphql',
            fields: ['Mutation.publishContract'],
          });
        }
      }
    }
    expect(new Set(asked)).toEqual(new Set(['ccp → pcp', 'cps → rcp', 'cps → pcp', 'cps → ccp']));
  });

  it('is RCP alone where every pool asks for roots', async () => {
    const operations = await operationsIn(join('packages', 'trust'));
    expect(operations.map(({ name }) => name).sort()).toEqual(['root-events.graphql', 'roots.graphql']);
    for (const { text } of operations) {
      const { plan, rootFields } = prepare(text);
      expect(fetchedFrom(plan)).toEqual(new Set(['rcp']));
      expect(rootFields.every((field) => field.startsWith('Query.'))).toBe(true);
    }
  });

  it('is nothing where the clients are concerned: they ask no pool, and no pool asks them', async () => {
    expect(pools.filter((pool) => !standalonePools.some((each) => each === pool))).toEqual(['identity']);
    expect(await operationsOf('identity')).toEqual([]);
    const { plan } = prepare('{ clients(first: 1) { nodes { clientId organisation wmis } totalCount } }');
    expect(fetchedFrom(plan)).toEqual(new Set(['identity']));
  });

  it('is seen in the plan: a link that another pool owns would show', () => {
    const upward = prepare(
      '{ provisioningCertificate(pcid: "WMI00000000000001") { contracts(first: 1) { totalCount } } }',
    );
    expect(fetchedFrom(upward.plan)).toEqual(new Set(['pcp', 'ccp']));
  });
});

describe('the event tables', () => {
  it('are the same text in every pool', async () => {
    const text = await readEventTables();
    for (const pool of standalonePools) {
      const name = pool === 'cps' ? '20261122000400_event_tables' : '20261101000100_event_tables';
      const file = join(root, 'prisma', pool, 'migrations', name, 'migration.sql');
      expect({ pool, text: await readFile(file, 'utf8') }).toEqual({ pool, text });
      const readers = join(root, 'prisma', pool, 'migrations', '20261122006000_log_readers', 'migration.sql');
      expect(await readFile(readers, 'utf8')).toBe(await readFile(logReadersPath, 'utf8'));
      const times = join(root, 'prisma', pool, 'migrations', '20261122008000_log_times', 'migration.sql');
      expect(await readFile(times, 'utf8')).toBe(await readFile(logTimesPath, 'utf8'));
    }
  });
});

describe('the tables of the trusted roots', () => {
  it('are the same text in every pool that follows RCP', async () => {
    const text = await readTrustTables();
    for (const pool of standalonePools.filter((each) => each !== 'rcp')) {
      const file = join(root, 'prisma', pool, 'migrations', '20261122000500_trusted_roots', 'migration.sql');
      expect({ pool, text: await readFile(file, 'utf8') }).toEqual({ pool, text });
    }
  });
});

describe('the audit tables', () => {
  it('are the same text in every pool and beside the clients', async () => {
    const text = await readAuditTables();
    for (const pool of ['rcp', 'pcp', 'ccp', 'cps', 'identity']) {
      const file = join(root, 'prisma', pool, 'migrations', '20261121000000_audit_tables', 'migration.sql');
      expect({ pool, text: await readFile(file, 'utf8') }).toEqual({ pool, text });
    }
  });
});

describe('the table of what is known of certificates', () => {
  it('is the same text in every pool', async () => {
    const text = await readCertificateStatusTable();
    for (const pool of ['rcp', 'pcp', 'ccp', 'cps']) {
      const folder = join(root, 'prisma', pool, 'migrations', '20261122005000_certificate_status');
      const file = join(folder, 'migration.sql');
      expect({ pool, text: await readFile(file, 'utf8') }).toEqual({ pool, text });
    }
  });
});

describe('the table of cleansing', () => {
  it('is the same text in every pool', async () => {
    const text = await readCleansingTables();
    for (const pool of ['rcp', 'pcp', 'ccp', 'cps']) {
      const file = join(root, 'prisma', pool, 'migrations', '20261122006000_cleansing', 'migration.sql');
      expect({ pool, text: await readFile(file, 'utf8') }).toEqual({ pool, text });
    }
  });
});
