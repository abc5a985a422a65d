import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookUpVehicle, makeContractData, makeEmaid, type Doors } from '@chargegraph/cli';
import { createDatabase } from '@chargegraph/database';
import { decodeMessage } from '@chargegraph/iso15118';
import {
  issueProvisioningCertificate,
  toPem,
  type Certificate,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { silentLogger } from '@chargegraph/service';
import { requestOf } from '../harness/car-requests.ts';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { newPcid, publishCarInput, signNewContract } from '../harness/parties.ts';
import { eventually } from '../harness/wait.ts';

let world: TestEcosystem;
let oem: Doors;
let mo: Doors;
let cpo: Doors;
let operator: Doors;
let car: IssuedCertificate;
let pcid: string;
let emaid: string;

beforeAll(async () => {
  world = await startTestEcosystem();
  const names = ['demo-oem', 'demo-mo', 'demo-cpo', 'demo-operator'] as const;
  const [first, second, third, fourth] = await Promise.all(names.map((name) => world.doors(name)));
  if (first === undefined || second === undefined || third === undefined || fourth === undefined)
    throw new Error('a door is missing');
  [oem, mo, cpo, operator] = [first, second, third, fourth];
  pcid = newPcid();
  car = await issueProvisioningCertificate(world.pki, { pcid });
  const published = await oem.graphql(
    `mutation ($input: PublishProvisioningCertificateInput!) {
       publishProvisioningCertificate(input: $input) { userErrors { message } }
     }`,
    { input: publishCarInput(world.pki, car.certificate) },
  );
  expect(published).toEqual({ publishProvisioningCertificate: { userErrors: [] } });
  ({ emaid } = await signNewContract(mo, world.pki, { pcid }));
}, 60_000);
afterAll(() => world.stop());

interface Read {
  readonly provisioningCertificate: {
    readonly verdict: { readonly status: string };
    readonly rootCertificate: { readonly type: string } | null;
  };
}

const read = async (doors: Doors) => {
  const { provisioningCertificate } = await doors.graphql<Read>(
    `query ($pcid: PCID!) {
       provisioningCertificate(pcid: $pcid) { verdict { status } rootCertificate { type } }
     }`,
    { pcid },
  );
  return [provisioningCertificate.verdict.status, provisioningCertificate.rootCertificate?.type ?? null];
};

/** What the car gets: the outcome, and the response code of the message. */
const deliver = async () => {
  const certificateInstallationReq = await requestOf(world.pki, car.certificate, car.privateKey);
  const { requestCertificateInstallation: answer } = await cpo.graphql<{
    requestCertificateInstallation: { outcome: string; certificateInstallationRes: string };
  }>(
    `mutation ($input: RequestCertificateInstallationInput!) {
       requestCertificateInstallation(input: $input) { outcome certificateInstallationRes }
     }`,
    { input: { certificateInstallationReq } },
  );
  const { body } = decodeMessage(Buffer.from(answer.certificateInstallationRes, 'base64'));
  return [answer.outcome, 'responseCode' in body ? body.responseCode : undefined];
};

const remove = async ({ fingerprint }: Certificate) => {
  const removed = await operator.graphql(
    `mutation ($input: RemoveRootCertificateInput!) {
       removeRootCertificate(input: $input) { removedFingerprint userErrors { message } }
     }`,
    { input: { fingerprint, reason: 'Its key was lost.' } },
  );
  expect(removed).toEqual({ removeRootCertificate: { removedFingerprint: fingerprint, userErrors: [] } });
};

const add = async (certificate: Certificate, type: 'OEM' | 'V2G' | 'MO') => {
  await operator.graphql(
    `mutation ($input: AddRootCertificateInput!) {
       addRootCertificate(input: $input) { userErrors { message } }
     }`,
    { input: { certificate: toPem(certificate), type } },
  );
};

/** The verdict on the contract's data as its operator reads it. */
const contractStatus = async () => {
  const { contract } = await mo.graphql<{
    contract: { signedData: readonly { verdict: { status: string } }[] };
  }>('query ($emaid: EMAID!) { contract(emaid: $emaid) { signedData { verdict { status } } } }', { emaid });
  return contract.signedData.map(({ verdict }) => verdict.status);
};

/** The verdicts on the signers of ISO 15118-2. */
const signerStatus = async () => {
  const { cpsSigners } = await operator.graphql<{
    cpsSigners: { nodes: readonly { verdict: { status: string } }[] };
  }>('{ cpsSigners(first: 10, where: { namespace: ISO15118_2 }) { nodes { verdict { status } } } }');
  return cpsSigners.nodes.map(({ verdict }) => verdict.status);
};

/** What becomes of signing one more contract for the car: the refusals' codes. */
const sign = async () => {
  const data = await makeContractData(world.pki, makeEmaid(), await lookUpVehicle(mo, pcid));
  const { signContractData } = await mo.graphql<{
    signContractData: { userErrors: readonly { code: string }[] };
  }>(
    'mutation ($input: SignContractDataInput!) { signContractData(input: $input) { userErrors { code } } }',
    { input: { ...data, pcid } },
  );
  return signContractData.userErrors.map(({ code }) => code);
};

/** Within moments all pools have heard. */
const soon = (what: string, probe: () => Promise<unknown>, expected: unknown) =>
  eventually(what, async () => isDeepStrictEqual(await probe(), expected));

describe('a root', () => {
  it('links to the provisioning certificates below it, as far as they may be listed', async () => {
    const below = async (doors: Doors) => {
      const { rootCertificate } = await doors.graphql<{
        rootCertificate: { type: string; provisioningCertificates: { totalCount: number } };
      }>(
        `query ($root: SHA256Fingerprint!, $pcid: PCID!) {
           rootCertificate(fingerprint: $root) {
             type
             provisioningCertificates(first: 1, where: { pcid: [$pcid] }) {
               totalCount
               nodes { pcid rootCertificate { fingerprint } contracts(first: 1) { totalCount } }
             }
           }
         }`,
        { root: world.pki.oemRoot.certificate.fingerprint, pcid },
      );
      return rootCertificate;
    };
    const expected = {
      type: 'OEM',
      provisioningCertificates: {
        totalCount: 1,
        nodes: [
          {
            pcid,
            rootCertificate: { fingerprint: world.pki.oemRoot.certificate.fingerprint },
            contracts: { totalCount: 1 },
          },
        ],
      },
    };
    expect(await below(oem)).toEqual(expected);
    expect(await below(operator)).toEqual(expected);
    await expect(below(mo)).rejects.toThrow('None of your roles may use');
  });

  it('that is removed leaves its cars where they are, marked and not delivered to, until it is back', async () => {
    expect(await read(oem)).toEqual(['VALID', 'OEM']);
    expect(await deliver()).toEqual(['DELIVERED', 'OK']);
    const { certificate } = world.pki.oemRoot;
    await remove(certificate);
    for (const doors of [oem, mo, operator])
      await soon('the car is marked', () => read(doors), ['INVALID_CHAIN', null]);
    await soon('the car gets nothing', deliver, ['CHAIN_ERROR', 'FAILED_CertChainError']);
    await add(certificate, 'OEM');
    await soon('the car is valid again', () => read(oem), ['VALID', 'OEM']);
    await soon('the car gets its contract again', deliver, ['DELIVERED', 'OK']);
  });

  it.each(['V2G', 'MO'] as const)(
    'of type %s that is removed marks the contracts below it, until it is back',
    async (type) => {
      const { certificate } = type === 'V2G' ? world.pki.v2gRoot : world.pki.moRoot;
      expect(await contractStatus()).toEqual(['VALID']);
      await remove(certificate);
      await soon('the contract is marked', contractStatus, ['INVALID_CHAIN']);
      await soon('it is not delivered', deliver, ['NO_CONTRACT', 'FAILED_NoCertificateAvailable']);
      await add(certificate, type);
      await soon('the contract is valid again', contractStatus, ['VALID']);
      await soon('it is delivered again', deliver, ['DELIVERED', 'OK']);
    },
  );

  it('of type V2G that is removed takes its signers out of use, until it is back', async () => {
    const { certificate } = world.pki.v2gRoot;
    expect(await signerStatus()).toEqual(['VALID']);
    await remove(certificate);
    await soon('the signer is marked', signerStatus, ['INVALID_CHAIN']);
    await soon('nobody signs', sign, ['SIGNER_UNAVAILABLE']);
    await add(certificate, 'V2G');
    // At once, whether the event has come or not: nothing is refused for a root that was just added.
    expect(await sign()).toEqual([]);
    await soon('the signer is valid again', signerStatus, ['VALID']);
  });

  it('counts as it was last known while RCP is away, and then not any more', async () => {
    await soon('all is well', async () => [await read(mo), await deliver()], [
      ['VALID', 'OEM'],
      ['DELIVERED', 'OK'],
    ]);
    const rcp = world.running().pools.find(({ name }) => name === 'rcp');
    await rcp?.stop();
    const verdict = () =>
      mo.graphql('query ($pcid: PCID!) { provisioningCertificate(pcid: $pcid) { verdict { status } } }', {
        pcid,
      });
    expect(await verdict()).toEqual({ provisioningCertificate: { verdict: { status: 'VALID' } } });
    expect(await deliver()).toEqual(['DELIVERED', 'OK']);
    // As if it had been away for longer.
    const database = createDatabase({ url: world.databaseUrl, schema: 'pcp', logger: silentLogger, max: 1 });
    await database.execute("UPDATE trusted_root_state SET followed_at = followed_at - interval '1 minute'");
    await database.close();
    await eventually('RCP is asked, in vain', () =>
      verdict().then(
        () => false,
        (error: unknown) => String(error).includes('could not be asked'),
      ),
    );
  });
});
