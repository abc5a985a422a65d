/**
 * How many cars a process answers in a second, with RCP's roots known and with RCP asked for each: both in one run,
 * in turns, on one ecosystem in this process.
 */
import { createCcp } from '@chargegraph/ccp';
import { createInProcessBus } from '@chargegraph/events';
import { createGraphClient, type Subgraph } from '@chargegraph/graph';
import { createRevocationChecker, issueProvisioningCertificate } from '@chargegraph/pki';
import { silentLogger, systemClock } from '@chargegraph/service';
import setUp from '../global-setup.ts';
import { requestOf } from '../harness/car-requests.ts';
import { startTestEcosystem } from '../harness/ecosystem.ts';
import { newPcid, publishCarInput, signNewContract } from '../harness/parties.ts';
import { clientNamed } from '../harness/tokens.ts';

const rounds = 6;
const perRound = 400;
const inFlight = 8;

const install = `mutation ($input: RequestCertificateInstallationInput!) {
  requestCertificateInstallation(input: $input) { outcome certificateInstallationRes }
}`;

const tearDown = await setUp();
const world = await startTestEcosystem();
const { pools, transport } = world.running();
const known = pools.find(({ name }) => name === 'ccp');
if (known === undefined) throw new Error('There is no contract pool.');
const checker = createRevocationChecker({ clock: systemClock, logger: silentLogger });
const asking = createCcp({
  databaseUrl: world.databaseUrl,
  graph: createGraphClient(transport),
  bus: createInProcessBus(),
  clock: systemClock,
  logger: silentLogger,
  revocation: { checker, policy: 'soft' },
});

const [oem, mo] = [await world.doors('demo-oem'), await world.doors('demo-mo')];
const pcid = newPcid();
const car = await issueProvisioningCertificate(world.pki, { pcid });
await oem.graphql(
  `mutation ($input: PublishProvisioningCertificateInput!) {
     publishProvisioningCertificate(input: $input) { userErrors { message } }
   }`,
  { input: publishCarInput(world.pki, car.certificate) },
);
await signNewContract(mo, world.pki, { pcid });
const { caller } = await clientNamed(world, 'demo-cpo');
const certificateInstallationReq = await requestOf(world.pki, car.certificate, car.privateKey);

async function deliver(pool: Subgraph): Promise<void> {
  const { data, errors } = await pool.execute({
    query: install,
    variables: { input: { certificateInstallationReq } },
    context: { caller, traceId: 'bench', deadline: Date.now() + 15_000, hops: 0 },
  });
  const answer = data?.['requestCertificateInstallation'] as { outcome?: string } | undefined;
  if (answer?.outcome !== 'DELIVERED') throw new Error(JSON.stringify(errors ?? data));
}

/** Deliveries in a second. */
async function rate(pool: Subgraph): Promise<number> {
  const begun = performance.now();
  const lane = async () => {
    for (let count = 0; count < perRound / inFlight; count++) await deliver(pool);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return perRound / ((performance.now() - begun) / 1_000);
}

await Promise.all([rate(known), rate(asking)]);
const measured: { known: number[]; asking: number[] } = { known: [], asking: [] };
for (let round = 0; round < rounds; round++) {
  measured.known.push(await rate(known));
  measured.asking.push(await rate(asking));
}
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const result = { known: median(measured.known), asking: median(measured.asking) };
const ratio = result.known / result.asking;
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ ...result, ratio })}\n`);
else {
  process.stdout.write(`roots known: ${result.known.toFixed(0)}/s\n`);
  process.stdout.write(`RCP asked:   ${result.asking.toFixed(0)}/s\n`);
  process.stdout.write(`ratio:       ${ratio.toFixed(2)}\n`);
}
await asking.stop();
await world.stop();
await tearDown();
