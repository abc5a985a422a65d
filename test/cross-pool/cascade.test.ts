import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCar, type Car, type Doors } from '@chargegraph/cli';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { endOfLog, listen, type EventFacts } from '../harness/events.ts';
import { accessToken } from '../harness/http.ts';
import { publishCarInput, publishNewCar, signNewContract } from '../harness/parties.ts';
import { subscriber } from '../harness/subscriber.ts';

describe('a car that gets another key', () => {
  let world: TestEcosystem;
  let oem: Doors;
  let mo: Doors;
  let car: Car;
  let start: string;

  beforeAll(async () => {
    world = await startTestEcosystem();
    [oem, mo] = await Promise.all([world.doors('demo-oem'), world.doors('demo-mo')]);
    start = await endOfLog(await world.doors('demo-operator'));
    car = await publishNewCar(oem, world.pki);
  });
  afterAll(() => world.stop());

  const hear = (client: 'demo-oem' | 'demo-mo' | 'demo-operator') =>
    listen(subscriber(world.url, () => accessToken(world.url, world.credentials[client])).client, undefined, {
      after: start,
    });
  const told = (events: readonly EventFacts[]) => events.map(({ type, emaid }) => [type, emaid]);

  it('loses its contracts, of which each party hears what is its own', async () => {
    const { emaid } = await signNewContract(mo, world.pki, car);
    const provided = await oem.graphql<{ provideContract: { userErrors: object[] } }>(
      'mutation ($input: ProvideContractInput!) { provideContract(input: $input) { userErrors { code } } }',
      { input: { emaid, pcid: car.pcid } },
    );
    expect(provided.provideContract.userErrors).toEqual([]);
    const other = await buildCar(world.pki, car.pcid);
    await oem.graphql(
      `mutation ($input: PublishProvisioningCertificateInput!) {
         publishProvisioningCertificate(input: $input) { userErrors { code } } }`,
      { input: publishCarInput(world.pki, other.provisioningCertificate) },
    );
    const [forOem, forMo, forOperator] = [hear('demo-oem'), hear('demo-mo'), hear('demo-operator')];
    expect(told(await forOperator.events(4))).toEqual([
      ['OEM_CONTRACT_CREATED', emaid],
      ['MO_CONTRACT_DELIVERED_TO_OEM', emaid],
      ['OEM_CONTRACT_DELETED', emaid],
      ['MO_PROV_CERT_UPDATED', emaid],
    ]);
    expect(told(await forOem.events(2))).toEqual([
      ['OEM_CONTRACT_CREATED', emaid],
      ['OEM_CONTRACT_DELETED', emaid],
    ]);
    expect(told(await forMo.events(2))).toEqual([
      ['MO_CONTRACT_DELIVERED_TO_OEM', emaid],
      ['MO_PROV_CERT_UPDATED', emaid],
    ]);
    for (const listening of [forOem, forMo, forOperator]) listening.stop();
    expect(await mo.graphql('query ($emaid: EMAID!) { contract(emaid: $emaid) { id } }', { emaid })).toEqual({
      contract: null,
    });
  });
});
