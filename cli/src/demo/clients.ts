import type { ClientWrites, NewClient } from '@chargegraph/identity';
import { ChargeGraphError } from '@chargegraph/service';

/** The demo's car maker has this world manufacturer identifier: its cars' ids begin with it. */
export const demoWmi = 'WMI';

/** The demo's mobility operator has this provider id: its contracts' ids begin with it. */
export const demoProviderId = 'EMP99';

const demoClients = {
  'demo-oem': { name: 'Demo car maker', organisation: 'Demo OEM', roles: ['OEM'], wmis: [demoWmi] },
  'demo-mo': {
    name: 'Demo mobility operator',
    organisation: 'Demo MO',
    roles: ['MO'],
    providerIds: [demoProviderId],
  },
  'demo-cpo': { name: 'Demo charge point operator', organisation: 'Demo CPO', roles: ['CPO'] },
  'demo-cps': { name: 'Demo provisioning service', organisation: 'Demo CPS', roles: ['CPS'] },
  'demo-operator': { name: 'Demo operator', organisation: 'Demo ecosystem', roles: ['OPERATOR'] },
} satisfies Record<string, Omit<NewClient, 'clientId'>>;

/** Name of a demo party's client. */
export type DemoClient = keyof typeof demoClients;

/** Credentials of every demo party, with what belongs to it. */
export type DemoCredentials = Record<
  DemoClient,
  {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly roles: readonly string[];
    readonly wmis?: readonly string[];
    readonly providerIds?: readonly string[];
  }
>;

/** Sets the demo's clients up; those that are already there get a new secret. */
export async function addDemoClients(clients: ClientWrites): Promise<DemoCredentials> {
  const credentials: Partial<Record<DemoClient, DemoCredentials[DemoClient]>> = {};
  for (const name of Object.keys(demoClients) as DemoClient[]) {
    const client: Omit<NewClient, 'clientId'> = demoClients[name];
    const { clientId, clientSecret } = await clients
      .add({ clientId: name, ...client })
      .catch((error: unknown) => {
        if (error instanceof ChargeGraphError && error.code === 'CONFLICT') return clients.rotateSecret(name);
        throw error;
      });
    credentials[name] = {
      clientId,
      clientSecret,
      roles: client.roles,
      ...(client.wmis && { wmis: client.wmis }),
      ...(client.providerIds && { providerIds: client.providerIds }),
    };
  }
  return credentials as DemoCredentials;
}
