import { runAudit } from '@chargegraph/cli';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordWrite } from '@chargegraph/audit';
import { recordedSince, auditTrail } from '@chargegraph/audit/testing';
import { createDatabase, type Database } from '@chargegraph/database';
import { createTestDatabase } from '@chargegraph/database/testing';
import { silentLogger } from '@chargegraph/service';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { runChargegraph } from '../harness/processes.ts';
import { eventually } from '../harness/wait.ts';

interface Report {
  readonly pool: string;
  readonly whole: boolean;
  readonly sealed: { readonly position: string; readonly hash: string };
  readonly open: { readonly count: number; readonly oldest: string | null };
  readonly fault: { readonly position: string; readonly reason: string } | null;
}

describe('the audit of a whole ecosystem', () => {
  let world: TestEcosystem;
  const opened: Database[] = [];

  beforeAll(async () => {
    world = await startTestEcosystem();
  });
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.close()));
    await world.stop();
  });

  const open = (schema: string): Database => {
    const database = createDatabase({ url: world.databaseUrl, schema, logger: silentLogger, max: 2 });
    opened.push(database);
    return database;
  };
  async function verify(options: Record<string, unknown> = {}) {
    const lines: string[] = [];
    const environment = { CHARGEGRAPH_DATABASE_URL: world.databaseUrl };
    const code = await runAudit('verify', options, environment, (line) => lines.push(line));
    return { code, lines };
  }
  const reports = async () => (await verify({ json: true })).lines.map((line) => JSON.parse(line) as Report);

  it('has a refused write where the write would have been, and a wrong secret in identity', async () => {
    const rcp = open('rcp');
    const known = (await auditTrail(rcp)).length;
    const { id, secret } = { id: world.credentials['demo-mo'].clientId, secret: 'not-the-secret-of-anybody' };
    const doors = await world.doors('demo-mo');
    await expect(
      doors.graphql(
        'mutation ($i: AddRootCertificateInput!) { addRootCertificate(input: $i) { userErrors { code } } }',
        { i: { certificate: 'AAAA', type: 'V2G' } },
      ),
    ).rejects.toThrow('None of your roles may use Mutation.addRootCertificate.');
    expect(await recordedSince(rcp, known)).toMatchObject([
      { clientId: id, action: 'addRootCertificate', outcome: 'REFUSED', code: 'FORBIDDEN' },
    ]);

    const identity = open('identity');
    const before = (await auditTrail(identity)).length;
    const response = await fetch(`${world.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'client_credentials', client_id: id, client_secret: secret }),
    });
    expect(response.status).toBe(401);
    const records = await recordedSince(identity, before);
    expect(records).toMatchObject([
      { clientId: '(unauthenticated)', action: 'token', object: `Client ${id}`, code: 'UNAUTHENTICATED' },
    ]);
    expect(JSON.stringify(records)).not.toContain(secret);
  });

  it(
    'is found whole, then broken where it was tampered with, then rewritten by a head noted before',
    { timeout: 60_000 },
    async () => {
      const rcp = open('rcp');
      const found = await eventually('everything is sealed', async () => {
        const now = await reports();
        return now.every((report) => report.open.count === 0) && now;
      });
      expect(found.map(({ pool }) => pool).toSorted()).toEqual(['ccp', 'cps', 'identity', 'pcp', 'rcp']);
      const head = found.find(({ pool }) => pool === 'rcp');
      expect(head).toMatchObject({ whole: true, open: { count: 0, oldest: null } });
      const { position, hash } = head?.sealed ?? { position: '0', hash: '' };
      // The demo's three roots at least, and the refusal above; in identity the wrong secret.
      expect(Number(position)).toBeGreaterThanOrEqual(4);
      expect(found.find(({ pool }) => pool === 'identity')?.sealed.position).not.toBe('0');
      const noted = `rcp:${position}:${hash}`;
      const whole = await verify({ expect: noted });
      expect(whole.code).toBe(0);
      expect(whole.lines).toContain(`rcp: whole; sealed head ${noted}; nothing open`);

      await rcp.execute('DROP TRIGGER audit_record_refuse_change ON audit_record');
      await rcp.execute("UPDATE audit_record SET client_id = 'somebody-else' WHERE position = 2");
      // As a user runs it.
      const broken = await runChargegraph(['audit', 'verify', '--expect', noted], {
        env: { CHARGEGRAPH_DATABASE_URL: world.databaseUrl },
      });
      expect(broken).toMatchObject({ code: 1, stderr: '' });
      expect(broken.stdout).toMatch(/^rcp: BROKEN at position 2\. The record at position 2 is not the one/m);
      expect(broken.stdout).toMatch(/^pcp: whole/m);
      expect((await reports()).find(({ pool }) => pool === 'rcp')).toMatchObject({
        whole: false,
        fault: { position: '2' },
      });

      await rcp.execute('DELETE FROM audit_record');
      await rcp.execute("UPDATE audit_head SET position = 0, hash = decode(repeat('00', 32), 'hex')");
      expect((await verify()).code).toBe(0);
      const cut = await verify({ expect: [noted] });
      expect(cut.code).toBe(1);
      expect(cut.lines).toContainEqual(
        expect.stringMatching(
          new RegExp(`^rcp: BROKEN at position 1\\. .*position ${position} was noted before`),
        ),
      );
    },
  );

  it('shows what is open and how long', async () => {
    const cps = open('cps');
    await cps.transaction(async (tx) => {
      // Keeps sealers away.
      await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('chargegraph audit cps', 0))");
      await recordWrite(cps, {
        act: { clientId: 'x', organisation: 'x', traceId: 'x' },
        action: 'x',
        object: 'x',
        occurredAt: new Date(Date.now() - 90_000),
      });
      const { lines } = await verify();
      expect(lines).toContainEqual(expect.stringMatching(/^cps: whole; .*; 1 open, the oldest for 9\d s$/));
    });
  });

  it.each([
    ['rcp:4', /^--expect is wrong: use <pool>:<position>:<hash>/],
    [`xyz:4:${'0'.repeat(64)}`, /one of the pools identity, rcp, pcp, ccp, cps/],
  ])('refuses to expect %s with a sentence', async (expected, sentence) => {
    await expect(verify({ expect: expected })).rejects.toThrow(sentence);
  });

  it('says of a database without the tables what to do', async () => {
    const empty = await createTestDatabase();
    const verifying = runAudit('verify', {}, { CHARGEGRAPH_DATABASE_URL: empty.url }, (line) => {
      throw new Error(line);
    });
    await expect(verifying).rejects.toThrow('run `chargegraph migrate` first');
    await empty.drop();
  });
});
