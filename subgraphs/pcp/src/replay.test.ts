import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { issueProvisioningCertificate, type Certificate } from '@chargegraph/pki';
import { partner } from './pcp.fixture.ts';
import {
  changeCar,
  inputOf20,
  pki,
  pki20,
  pool,
  preparePublishing,
  publish,
  update,
} from './publish.fixture.ts';

preparePublishing();

/** Two of one maker, one of another's. */
const pcids = ['WDB00000000000001', 'WDB00000000000002', 'ZZZ00000000000001'] as const;
const namespaces = ['ISO15118_2', 'ISO15118_20'] as const;
type Namespace = (typeof namespaces)[number];
const callers = [partner('OEM', ['WDB']), partner('OEM', ['ZZZ']), partner('OPERATOR')] as const;

/** Of each car and generation two certificates for one key and one for another. */
interface Variant {
  readonly certificate: Certificate;
  readonly key: number;
}
const variants = new Map<string, readonly Variant[]>();
const rowKey = (pcid: string, namespace: string) => `${pcid} ${namespace}`;

beforeAll(async () => {
  for (const pcid of pcids) {
    for (const namespace of namespaces) {
      const [chain, namedCurve] = namespace === 'ISO15118_2' ? [pki, 'P-256'] : [pki20, 'P-521'];
      const keys = [0, 1].map(() => generateKeyPairSync('ec', { namedCurve }).publicKey);
      const made: Variant[] = [];
      for (const key of [0, 0, 1]) {
        const publicKey = keys[key];
        if (publicKey === undefined) throw new Error('no key');
        made.push({ ...(await issueProvisioningCertificate(chain, { pcid, publicKey })), key });
      }
      variants.set(rowKey(pcid, namespace), made);
    }
  }
});

const step = fc.record({
  action: fc.constantFrom('publish', 'publish', 'update', 'delete', 'deleteOne', 'reset'),
  pcid: fc.constantFrom(...pcids),
  namespace: fc.constantFrom<Namespace>(...namespaces),
  variant: fc.integer({ min: 0, max: 2 }),
  caller: fc.constantFrom(0, 0, 0, 1, 1, 2),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What the rules say of a row: which certificate, and how often contracts had to go since the beginning. */
interface ModelRow {
  readonly fingerprint: string;
  readonly key: number;
  readonly generation: number;
}

/** The pool as simply as it can be said. */
class Model {
  readonly rows = new Map<string, ModelRow>();
  readonly events: string[] = [];
  #generation = 0;

  /** Carries a step out; returns the code of the refusal, if any. */
  apply({ action, pcid, namespace, variant, caller }: Step): string | undefined {
    const own = callers[caller].wmis.has(pcid.slice(0, 3));
    const operator = caller === 2;
    const held = namespaces.filter((each) => this.rows.has(rowKey(pcid, each)));
    if (action === 'publish' || action === 'update') {
      if (operator) return 'FORBIDDEN';
      if (action === 'publish' && !own) return 'FORBIDDEN';
      if (action === 'update' && !(own && held.includes(namespace))) return 'NOT_FOUND';
      this.#put(rowKey(pcid, namespace), variant);
      return undefined;
    }
    if (action === 'reset' && operator) return 'FORBIDDEN';
    const concerned = action === 'deleteOne' ? held.filter((each) => each === namespace) : held;
    if (concerned.length === 0 || !(own || (operator && action !== 'reset'))) return 'NOT_FOUND';
    for (const each of concerned) {
      const key = rowKey(pcid, each);
      const row = this.rows.get(key);
      if (row === undefined) throw new Error('no row');
      if (action === 'reset') this.rows.set(key, { ...row, generation: ++this.#generation });
      else this.rows.delete(key);
      this.events.push(`${action === 'reset' ? 'FACTORY_RESET' : 'DELETED'} ${key}`);
    }
    return undefined;
  }

  #put(key: string, index: number): void {
    const variant = variants.get(key)?.[index];
    if (variant === undefined) throw new Error('no variant');
    const { fingerprint } = variant.certificate;
    const row = this.rows.get(key);
    if (row?.fingerprint === fingerprint) return;
    const generation = row?.key === variant.key ? row.generation : ++this.#generation;
    this.rows.set(key, { fingerprint, key: variant.key, generation });
    this.events.push(`${row === undefined ? 'PUBLISHED' : 'UPDATED'} ${key}`);
  }
}

/** Carries a step out in the pool; returns the code of the refusal, if any. */
async function carryOut({ action, pcid, namespace, variant, caller }: Step): Promise<string | undefined> {
  const by = callers[caller];
  const certificate = variants.get(rowKey(pcid, namespace))?.[variant]?.certificate;
  if (certificate === undefined) throw new Error('no such certificate');
  const input = {
    ...inputOf20({ certificate }, namespace === 'ISO15118_2' ? pki : pki20),
    namespace,
  };
  const response =
    action === 'publish'
      ? await publish(input, by)
      : action === 'update'
        ? await update(input, by)
        : action === 'reset'
          ? await changeCar('factoryResetVehicle', { pcid }, by)
          : await changeCar(
              'deleteProvisioningCertificate',
              { pcid, ...(action === 'deleteOne' && { namespace }) },
              by,
            );
  const code = response.errors?.[0]?.extensions?.['code'];
  return typeof code === 'string' ? code : response.payload?.userErrors[0]?.code;
}

interface Facts {
  readonly pcid: string;
  readonly namespace: string;
  readonly fingerprint: string;
  readonly previousFingerprint: string | null;
  readonly keyChanged: boolean;
  readonly epoch: string;
}

/** The mutation of each step. */
const mutations = {
  publish: 'publishProvisioningCertificate',
  update: 'updateProvisioningCertificate',
  delete: 'deleteProvisioningCertificate',
  deleteOne: 'deleteProvisioningCertificate',
  reset: 'factoryResetVehicle',
} as const;

/** One of each run of equal ones: an act on a car may be recorded once, or once for each of its certificates. */
const distinctRuns = (acts: readonly string[]) => acts.filter((act, index) => act !== acts[index - 1]);

/** The beginning of an audit record, as far as it does not depend on the generation. */
const actOf = ({ action, object }: { readonly action: string; readonly object: string }) =>
  [action, ...object.split(' ').slice(0, 2)].join(' ');

/** The rows that the log tells of. */
function replay(events: readonly { type: string; facts: Facts }[]) {
  const rows = new Map<string, { fingerprint: string; epoch: bigint }>();
  const latest = new Map<string, bigint>();
  for (const { type, facts } of events) {
    const key = rowKey(facts.pcid, facts.namespace);
    const before = rows.get(key);
    const epoch = BigInt(facts.epoch);
    const keeps = type.endsWith('_UPDATED') && !facts.keyChanged;
    // Never back, and on whenever contract data has to go.
    expect(epoch === latest.get(key)).toBe(keeps);
    expect(epoch >= (latest.get(key) ?? 0n)).toBe(true);
    latest.set(key, epoch);
    if (type.endsWith('_UPDATED')) expect(facts.previousFingerprint).toBe(before?.fingerprint);
    else expect(facts.previousFingerprint).toBeNull();
    expect(before === undefined).toBe(type.endsWith('_PUBLISHED'));
    if (type.endsWith('_DELETED')) {
      expect(facts.fingerprint).toBe(before?.fingerprint);
      rows.delete(key);
    } else {
      rows.set(key, { fingerprint: facts.fingerprint, epoch });
    }
  }
  return rows;
}

it('any steps by anybody leave the rows that the rules say, and the log tells how they came about', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      await pool.clear();
      const start = (await pool.snapshot()).events.length;
      const audited = (await pool.audited()).length;
      const model = new Model();
      const acts: string[] = [];
      for (const each of steps) {
        const before = model.events.length;
        const expected = model.apply(each);
        expect(await carryOut(each), JSON.stringify(each)).toBe(expected);
        if (model.events.length > before)
          acts.push(`${mutations[each.action]} ProvisioningCertificate ${each.pcid}`);
      }

      const { rows, events } = await pool.snapshot();
      const told = events.slice(start) as unknown as { type: string; facts: Facts }[];
      const stored = new Map(rows.map((row) => [rowKey(row.pcid, row.namespace), row]));
      expect(new Map([...stored].map(([key, { fingerprint }]) => [key, fingerprint]))).toEqual(
        new Map([...model.rows].map(([key, { fingerprint }]) => [key, fingerprint])),
      );
      // Epochs are in the model's order, and equal to none but themselves.
      const byEpoch = [...stored].sort(([, a], [, b]) => (BigInt(a.epoch) < BigInt(b.epoch) ? -1 : 1));
      const byGeneration = [...model.rows].sort(([, a], [, b]) => a.generation - b.generation);
      expect(byEpoch.map(([key]) => key)).toEqual(byGeneration.map(([key]) => key));

      const name = ({ type, facts }: (typeof told)[number]) =>
        `${type.replace('PROVISIONING_CERTIFICATE_', '')} ${rowKey(facts.pcid, facts.namespace)}`;
      expect(told.map(name)).toEqual(model.events);
      expect(replay(told)).toEqual(
        new Map(
          [...stored].map(([key, { fingerprint, epoch }]) => [key, { fingerprint, epoch: BigInt(epoch) }]),
        ),
      );
      const recorded = (await pool.audited()).slice(audited).map(actOf);
      expect(distinctRuns(recorded)).toEqual(distinctRuns(acts));
      expect(recorded.length).toBeGreaterThanOrEqual(acts.length);
      expect(recorded.length).toBeLessThanOrEqual(model.events.length);
    }),
    { numRuns: 25 },
  );
}, 120_000);
