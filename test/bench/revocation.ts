/**
 * What revocation costs while all that is asked about is known: a judgement beside the verification of one signature,
 * and cars answered in a second under `soft` beside `off`, both in one run, in turns, on one ecosystem in this process.
 */
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { createCcp } from '@chargegraph/ccp';
import { createInProcessBus } from '@chargegraph/events';
import { createGraphClient, type Subgraph } from '@chargegraph/graph';
import { createRevocationChecker } from '@chargegraph/pki';
import { createRevocation, type RevocationPolicy } from '@chargegraph/revocation';
import { createToldChecker } from '@chargegraph/revocation/testing';
import { silentLogger, systemClock } from '@chargegraph/service';
import setUp from '../global-setup.ts';
import { requestOf } from '../harness/car-requests.ts';
import { clientNamed } from '../harness/tokens.ts';
import { startScene } from '../revocation/scene.ts';

const rounds = 10;
const perRound = 400;
const inFlight = 8;

const tearDown = await setUp();
const scene = await startScene();
const { world, pki, responder } = scene;
const car = await scene.newCar();
const refusals = await scene.sign(await scene.newContract(), car);
if (refusals[0] !== undefined) throw new Error(refusals[0].message);

const clock = systemClock;
const path = [car, pki.oem.subCa2, pki.oem.subCa1, pki.oemRoot].map(({ certificate }) => certificate);

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

async function perSecond(work: () => unknown): Promise<number> {
  const began = performance.now();
  let done = 0;
  while (performance.now() - began < 1_000) {
    for (let turn = 0; turn < 100; turn++) await work();
    done += 100;
  }
  return (done * 1_000) / (performance.now() - began);
}

/** Judgements of a path of three certificates and its root, and verifications of a signature, in a second. */
async function measureJudging() {
  let queries = 0;
  /** A table that knows nothing and forgets what it is told: only the first judgement looks into it. */
  const database = {
    query: <Row>(): Promise<Row[]> => {
      queries++;
      return Promise.resolve([]);
    },
    execute: () => Promise.resolve(0),
  };
  const checker = createToldChecker(clock);
  const revocation = createRevocation({ database, checker, policy: 'hard', clock, logger: silentLogger });
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = randomBytes(600);
  const signature = sign('sha256', message, privateKey);
  await perSecond(() => revocation.judge(path));
  const cold = queries;
  const judged = await perSecond(() => revocation.judge(path));
  const verified = await perSecond(() => verify('sha256', message, publicKey, signature));
  return {
    certificates: path.length - 1,
    judgementsPerSecond: Math.round(judged),
    judgementsPerVerification: +(judged / verified).toFixed(1),
    queriesWhileWarm: queries - cold,
  };
}

/** A process of the contract pool with a policy of its own, that follows RCP's log as any does. */
async function startPool(policy: RevocationPolicy): Promise<Subgraph> {
  const network = { privateAddresses: 'allow' } as const;
  const pool = createCcp({
    databaseUrl: world.databaseUrl,
    graph: createGraphClient(world.running().transport),
    bus: createInProcessBus(),
    clock,
    logger: silentLogger,
    revocation: { checker: createRevocationChecker({ clock, logger: silentLogger, network }), policy },
  });
  await pool.start();
  return pool;
}

const install = `mutation ($input: RequestCertificateInstallationInput!) {
  requestCertificateInstallation(input: $input) { outcome certificateInstallationRes }
}`;

interface Rate {
  readonly perSecond: number;
  readonly processorTime: number;
}

/** Deliveries in a second, by each policy in turns. */
async function measureDelivering() {
  const { caller } = await clientNamed(world, 'demo-cpo');
  const certificateInstallationReq = await requestOf(pki, car.certificate, car.privateKey);
  const deliver = async (pool: Subgraph): Promise<void> => {
    const { data, errors } = await pool.execute({
      query: install,
      variables: { input: { certificateInstallationReq } },
      context: { caller, traceId: 'bench', deadline: Date.now() + 15_000, hops: 0 },
    });
    const answer = data?.['requestCertificateInstallation'] as { outcome?: string } | undefined;
    if (answer?.outcome !== 'DELIVERED') throw new Error(JSON.stringify(errors ?? data));
  };
  /** In a second of the clock, and how much processor time of this process each takes, in milliseconds. */
  const rate = async (pool: Subgraph): Promise<Rate> => {
    const begun = performance.now();
    const used = process.cpuUsage();
    const lane = async () => {
      for (let count = 0; count < perRound / inFlight; count++) await deliver(pool);
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
    const { user, system } = process.cpuUsage(used);
    return {
      perSecond: perRound / ((performance.now() - begun) / 1_000),
      processorTime: (user + system) / 1_000 / perRound,
    };
  };
  const [off, soft] = [await startPool('off'), await startPool('soft')];
  for (const pool of [off, soft, off, soft]) await rate(pool);
  const before = responder.requests.length;
  const measured: { off: Rate[]; soft: Rate[] } = { off: [], soft: [] };
  for (let round = 0; round < rounds; round++) {
    measured.off.push(await rate(off));
    measured.soft.push(await rate(soft));
  }
  await Promise.all([off.stop(), soft.stop()]);
  const ratio = (of: keyof Rate): number =>
    +median(measured.soft.map((each, index) => each[of] / (measured.off[index]?.[of] ?? NaN))).toFixed(2);
  return {
    deliveriesPerSecondOff: Math.round(median(measured.off.map(({ perSecond: rate }) => rate))),
    deliveriesPerSecondSoft: Math.round(median(measured.soft.map(({ perSecond: rate }) => rate))),
    softToOff: ratio('perSecond'),
    processorTimeSoftToOff: ratio('processorTime'),
    requestsWhileWarm: responder.requests.length - before,
  };
}

const report = { ...(await measureJudging()), ...(await measureDelivering()) };
process.stdout.write(
  process.argv.includes('--json')
    ? `${JSON.stringify(report)}\n`
    : Object.entries(report)
        .map(([name, value]) => `${name.padEnd(30)}${String(value)}\n`)
        .join(''),
);
await scene.stop();
await tearDown();
