import {
  partnerRoles,
  serviceActingFor,
  type Caller,
  type PartnerRole,
  type Role,
} from '@chargegraph/identity';
import { emaidCheckDigit } from '@chargegraph/iso15118';
import { issueProvisioningCertificate, type IssuedCertificate } from '@chargegraph/pki';
import type { Subgraph, SubgraphResponse } from '@chargegraph/graph';
import { signOutside } from './contract-data.ts';
import { startTestEcosystem, type TestEcosystem } from './ecosystem.ts';
import { accessToken, send } from './http.ts';
import { newPcid, publishCarInput } from './parties.ts';

/** Whose a thing is, as seen by the caller; `none`: there is no such thing. */
export type Target = 'own' | 'other' | 'none';

/** Two car makers and two mobility operators: the callers belong to the first of each. */
export const sides = {
  own: { wmi: 'AAA', providerId: 'DEAAA' },
  other: { wmi: 'BBB', providerId: 'DEBBB' },
  none: { wmi: 'CCC', providerId: 'DECCC' },
} as const;

/** A car that PCP holds, with its key. */
export interface PublishedCar extends IssuedCertificate {
  readonly pcid: string;
}

/** A contract that CCP holds. */
export interface PublishedContract {
  readonly emaid: string;
  readonly pcid: string;
  readonly exi: string;
}

/** An operation on the graph. */
export interface Operation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The ecosystem with a client of every role, and things that are theirs, another's and nobody's. */
export interface World extends TestEcosystem {
  /** Who the clients are to a pool. */
  readonly callers: ReadonlyMap<Role, Caller>;
  /** Through the gateway, with the token of the role's client. */
  viaGateway(role: PartnerRole, operation: Operation): Promise<SubgraphResponse>;
  /** The same for any client: the roles' names, `other-oem` and `other-mo`. */
  as(clientId: string, operation: Operation): Promise<SubgraphResponse>;
  /** The access token of such a client. */
  token(clientId: string): string;
  /** Past the gateway, at the pool itself; as SERVICE with the rights of the mobility operator it acts for. */
  atPool(pool: string, role: Role, operation: Operation): Promise<SubgraphResponse>;
  /** A PCID of the side's car maker that no car has. */
  freePcid(target: Target): string;
  /** An EMAID of the side's mobility operator that no contract has. */
  freeEmaid(target: Target): string;
  /** A car of the side's car maker; not in PCP unless it is published. */
  makeCar(target: Target): Promise<PublishedCar>;
  publishCar(target: Exclude<Target, 'none'>): Promise<PublishedCar>;
  /** Contract data that a provisioning service outside has signed. */
  signContract(target: Target, car: PublishedCar): Promise<PublishedContract>;
  publishContract(target: Exclude<Target, 'none'>, car: PublishedCar): Promise<PublishedContract>;
  /** Anything else that takes time to make; `name` tells things of different kinds apart. */
  thing<T>(name: string, make: () => Promise<T>): Promise<T>;
  /** Runs a mutation of one input as the operator; throws when it is refused. Resolves with its payload. */
  operate(mutation: string, input: object, selection?: string): Promise<Record<string, unknown>>;
}

/** The same world, in which a car or contract is made once for each side: for operations that change nothing. */
export function withSharedThings(world: World): World {
  const made = new Map<string, Promise<unknown>>();
  const once = <T>(key: string, make: () => Promise<T>): Promise<T> => {
    const known = made.get(key) ?? make();
    made.set(key, known);
    return known as Promise<T>;
  };
  return {
    ...world,
    makeCar: (target) => once(`make ${target}`, () => world.makeCar(target)),
    publishCar: (target) => once(`publish ${target}`, () => world.publishCar(target)),
    signContract: (target, car) => once(`sign ${target} ${car.pcid}`, () => world.signContract(target, car)),
    publishContract: (target, car) =>
      once(`contract ${target} ${car.pcid}`, () => world.publishContract(target, car)),
    thing: (name, make) => once(`thing ${name}`, make),
  };
}

let counter = 0;

/** Starts it, with charge point operators allowed to look contracts up if a test says so. */
export async function startWorld(settings: { readonly cpoContractLookup?: boolean } = {}): Promise<World> {
  const world = await startTestEcosystem(settings);
  const { clients, pools } = world.running();
  const callers = new Map<Role, Caller>();
  const tokens = new Map<string, string>();

  const addClient = async (clientId: string, roles: readonly string[], side: 'own' | 'other') => {
    const mo = roles.some((role) => role.startsWith('MO'));
    const oem = roles.includes('OEM');
    const credentials = await clients.add({
      clientId,
      name: clientId,
      organisation: `${oem ? 'OEM' : mo ? 'MO' : clientId} ${side}`,
      roles,
      ...(oem && { wmis: [sides[side].wmi] }),
      ...(mo && { providerIds: [sides[side].providerId] }),
    });
    tokens.set(clientId, await accessToken(world.url, credentials));
    const client = await clients.find(clientId);
    if (client === undefined) throw new Error(`There is no client ${clientId}.`);
    return client.caller;
  };
  for (const role of partnerRoles) callers.set(role, await addClient(role, [role], 'own'));
  const mo = callers.get('MO_EXTERNAL_PKI');
  if (mo !== undefined) callers.set('SERVICE', serviceActingFor('access-test', mo));
  await addClient('other-oem', ['OEM'], 'other');
  await addClient('other-mo', ['MO'], 'other');

  const post = async (clientId: string, operation: Operation): Promise<SubgraphResponse> => {
    const { json } = await send(`${world.url}/graphql`, { token: tokens.get(clientId), body: operation });
    return json as SubgraphResponse;
  };
  const mustSucceed = ({ data, errors }: SubgraphResponse): void => {
    const [payload] = Object.values(data ?? {}) as [{ userErrors: readonly unknown[] }?];
    if (errors !== undefined || payload?.userErrors.length !== 0)
      throw new Error(JSON.stringify({ data, errors }));
  };

  const made: World = {
    ...world,
    get databaseUrl() {
      return world.databaseUrl;
    },
    callers,
    viaGateway: (role, operation) => post(role, operation),
    as: post,
    token: (clientId) => tokens.get(clientId) ?? '',
    atPool: async (name, role, operation) => {
      const pool: Subgraph | undefined = pools.find((each) => each.name === name);
      const caller = callers.get(role);
      if (pool === undefined || caller === undefined) throw new Error(`No pool ${name} or role ${role}.`);
      const context = { caller, traceId: 'access-test', deadline: Date.now() + 15_000, hops: 0 };
      return await pool.execute({ ...operation, context });
    },
    freePcid: (target) => newPcid(sides[target].wmi),
    freeEmaid: (target) => {
      const identity = `${sides[target].providerId}C${String(++counter).padStart(8, '0')}`;
      return identity + emaidCheckDigit(identity);
    },
    makeCar: async (target) => {
      const pcid = made.freePcid(target);
      return { pcid, ...(await issueProvisioningCertificate(world.pki, { pcid })) };
    },
    publishCar: async (target) => {
      const car = await made.makeCar(target);
      mustSucceed(
        await post(target === 'own' ? 'OEM' : 'other-oem', {
          query: `mutation ($input: PublishProvisioningCertificateInput!) {
            publishProvisioningCertificate(input: $input) { userErrors { message } } }`,
          variables: { input: publishCarInput(world.pki, car.certificate) },
        }),
      );
      return car;
    },
    signContract: async (target, car) => {
      const emaid = made.freeEmaid(target);
      const exi = await signOutside({ emaid, car: car.certificate, mo: world.pki, cps: world.pki });
      return { emaid, pcid: car.pcid, exi };
    },
    publishContract: async (target, car) => {
      const contract = await made.signContract(target, car);
      mustSucceed(
        await post(target === 'own' ? 'MO_EXTERNAL_PKI' : 'other-mo', {
          query:
            'mutation ($input: PublishContractInput!) { publishContract(input: $input) { userErrors { message } } }',
          variables: { input: { signedContractData: contract.exi, pcid: car.pcid } },
        }),
      );
      return contract;
    },
    thing: (_, make) => make(),
    operate: async (mutation, input, selection = '') => {
      const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
      const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${selection} userErrors { message } } }`;
      const response = await post('OPERATOR', { query, variables: { input } });
      mustSucceed(response);
      return response.data?.[mutation] as Record<string, unknown>;
    },
  };
  return made;
}
