import { randomBytes, randomUUID } from 'node:crypto';
import { signerInput } from '@chargegraph/cli';
import { decodeCursor, encodeCursor } from '@chargegraph/events';
import { globalId } from '@chargegraph/graph';
import { wrapContractKey } from '@chargegraph/iso15118';
import { createDemoPki, issueContractCertificate, toPem, type DemoPki } from '@chargegraph/pki';
import { tellDigest } from '../harness/operator-events.ts';
import { eventually } from '../harness/wait.ts';
import { sides, type Operation, type Target, type World } from '../harness/world.ts';
import { auditProbe, expiryProbe, type Probe } from './probe.ts';

/** The provisioning service's fields. Signers are everybody's. */
export const signingProbes: readonly Probe[] = [
  {
    field: 'Query.cpsSigners',
    pool: 'cps',
    general: true,
    operation: () => Promise.resolve({ query: '{ cpsSigners(first: 1) { nodes { id } } }', variables: {} }),
  },
  {
    field: 'Query.contractCas',
    pool: 'cps',
    general: true,
    operation: () =>
      Promise.resolve({ query: '{ contractCas(first: 1) { nodes { id } totalCount } }', variables: {} }),
  },
  {
    field: 'Query.contractCaRevocationList',
    pool: 'cps',
    general: true,
    operation: async (world) => {
      const { fingerprint } = world.pki.v2gMo.subCa2.certificate;
      await world.thing('revocation list', () =>
        eventually('the list is issued', async () => (await fetch(`${world.url}/crl/${fingerprint}.crl`)).ok),
      );
      return {
        query: 'query ($of: SHA256Fingerprint!) { contractCaRevocationList(fingerprint: $of) { number } }',
        variables: { of: fingerprint },
      };
    },
  },
  expiryProbe('signingServiceExpiry', 'cps'),
  {
    field: 'Query.signingServiceEventLog',
    pool: 'cps',
    general: true,
    operation: () =>
      Promise.resolve({
        query: '{ signingServiceEventLog(first: 1) { head events { id } } }',
        variables: {},
      }),
  },
  {
    field: 'Query.operatorEvent',
    pool: 'cps',
    operation: async (world, target) => ({
      query: 'query ($of: Cursor!) { operatorEvent(cursor: $of) { id type } }',
      variables: { of: await cursorOf(world, target) },
    }),
  },
  auditProbe('signingAudit', 'cps'),
  {
    field: 'Mutation.addCpsSigner',
    pool: 'cps',
    general: true,
    operation: async (world) =>
      oneInput(
        'addCpsSigner',
        'AddCpsSignerInput',
        await world.thing('signer to be', () => newSigner(world)),
      ),
  },
  {
    field: 'Mutation.retireCpsSigner',
    pool: 'cps',
    operation: async (world, target) =>
      oneInput('retireCpsSigner', 'RetireCpsSignerInput', {
        id: target === 'none' ? nobodys('CpsSigner') : await world.thing('signer', () => addedSigner(world)),
        reason: 'It is no longer used.',
      }),
  },
  {
    field: 'Mutation.addContractCa',
    pool: 'cps',
    general: true,
    operation: async (world) =>
      oneInput('addContractCa', 'AddContractCaInput', await world.thing('CA to be', () => newCa(world))),
  },
  {
    field: 'Mutation.retireContractCa',
    pool: 'cps',
    operation: async (world, target) =>
      oneInput('retireContractCa', 'RetireContractCaInput', {
        id: target === 'none' ? nobodys('ContractCa') : await world.thing('CA', () => addedCa(world)),
        reason: 'It is no longer used.',
      }),
  },
  {
    field: 'Mutation.revokeContractCertificate',
    pool: 'cps',
    operation: async (world, target) =>
      oneInput('revokeContractCertificate', 'RevokeContractCertificateInput', {
        fingerprint:
          target === 'none'
            ? randomBytes(32).toString('hex')
            : await world.thing('generated contract', () => generatedContract(world)),
        reason: 'SUPERSEDED',
      }),
  },
  {
    field: 'Mutation.generateContractData',
    keeps: true,
    pool: 'cps',
    makes: true,
    operation: async (world, target) => {
      const { pcid } = await world.publishCar('other');
      const now = Date.now();
      return oneInput('generateContractData', 'GenerateContractDataInput', {
        pcid,
        emaid: world.freeEmaid(target),
        contractBegins: new Date(now).toISOString(),
        contractEnds: new Date(now + 60 * 86_400_000).toISOString(),
      });
    },
  },
  {
    field: 'Mutation.signContractData',
    keeps: true,
    pool: 'cps',
    makes: true,
    operation: async (world, target) => {
      const car = await world.publishCar('other');
      const now = Date.now();
      const { certificate, privateKey } = await issueContractCertificate(world.pki, {
        emaid: world.freeEmaid(target),
        notBefore: new Date(now - 60_000),
        notAfter: new Date(now + 30 * 86_400_000),
      });
      const wrapped = wrapContractKey({ privateKey, oemPublicKey: car.certificate.publicKey });
      return {
        query:
          'mutation ($input: SignContractDataInput!) { signContractData(input: $input) { userErrors { code message } } }',
        variables: {
          input: {
            pcid: car.pcid,
            contractCertificate: toPem(certificate),
            subCaCertificates: [world.pki.mo.subCa2, world.pki.mo.subCa1].map((ca) => toPem(ca.certificate)),
            encryptedPrivateKey: Buffer.from(wrapped.encryptedPrivateKey).toString('base64'),
            dhPublicKey: Buffer.from(wrapped.dhPublicKey).toString('base64'),
          },
        },
      };
    },
  },
];

/** Has a contract generated and gives its certificate's fingerprint. */
async function generatedContract(world: World): Promise<string> {
  await world.thing('CA', () => addedCa(world));
  const { pcid } = await world.publishCar('other');
  const now = Date.now();
  const { data, errors } = await world.as('MO_V2G_PKI', {
    query: `mutation ($input: GenerateContractDataInput!) {
      generateContractData(input: $input) { contractCertificate { fingerprint } userErrors { message } } }`,
    variables: {
      input: {
        pcid,
        emaid: world.freeEmaid('own'),
        contractBegins: new Date(now).toISOString(),
        contractEnds: new Date(now + 60 * 86_400_000).toISOString(),
      },
    },
  });
  const payload = data?.['generateContractData'] as
    { contractCertificate: { fingerprint: string } | null } | undefined;
  if (payload?.contractCertificate == null) throw new Error(JSON.stringify({ data, errors }));
  return payload.contractCertificate.fingerprint;
}

const oneInput = (name: string, type: string, input: object): Operation => ({
  query: `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { code message } } }`,
  variables: { input },
});

/** Global id of a signer or CA that is not there. */
const nobodys = (type: 'CpsSigner' | 'ContractCa') =>
  globalId(type, randomBytes(32).toString('hex'), 'ISO15118_2');

/** A PKI of its own, whose roots the root pool holds. */
async function newPki(world: World): Promise<DemoPki> {
  const pki = await createDemoPki({ now: new Date() });
  await world.operate('addRootCertificate', { certificate: toPem(pki.v2gRoot.certificate), type: 'V2G' });
  await world.operate('addRootCertificate', { certificate: toPem(pki.moRoot.certificate), type: 'MO' });
  return pki;
}

/** `AddCpsSignerInput` of a signer whose key is in the key store, and who is not to be the default. */
async function newSigner(world: World): Promise<object> {
  const pki = await newPki(world);
  const keyReference = `access-${randomUUID()}`;
  await world.running().keyStore.importKey(keyReference, pki.cps.leaf.privateKey);
  return { ...signerInput(pki, keyReference), makeDefault: false };
}

/** Adds a signer and gives its id. */
export async function addedSigner(world: World): Promise<string> {
  const { cpsSigner } = await world.operate('addCpsSigner', await newSigner(world), 'cpsSigner { id }');
  return (cpsSigner as { id: string }).id;
}

/** `AddContractCaInput` of a CA whose key is in the key store, for the operators of `own`. */
async function newCa(world: World): Promise<object> {
  const { subCa1, subCa2 } = (await newPki(world)).mo;
  const keyReference = `access-${randomUUID()}`;
  await world.running().keyStore.importKey(keyReference, subCa2.privateKey);
  return {
    certificate: toPem(subCa2.certificate),
    subCaCertificates: [toPem(subCa1.certificate)],
    keyReference,
    providerIds: [sides.own.providerId],
  };
}

/** Adds a CA that issues the contracts which are generated, and gives its id. */
export async function addedCa(world: World): Promise<string> {
  const { contractCa } = await world.operate('addContractCa', await newCa(world), 'contractCa { id }');
  return (contractCa as { id: string }).id;
}

/** The place of an event for the operator; of none, a place behind the log's end. */
async function cursorOf(world: World, target: Target): Promise<string> {
  const operator = await world.doors('demo-operator');
  const read = async () => {
    const { log } = await operator.graphql<{ log: { events: { cursor: string }[]; head: string } }>(
      '{ log: signingServiceEventLog(first: 1) { events { cursor } head } }',
    );
    return log;
  };
  if (target === 'none') {
    const end = decodeCursor((await read()).head);
    return encodeCursor({ ...end, position: end.position + 1_000_000 });
  }
  return await world.thing('operator event', async () => {
    await tellDigest(world.databaseUrl, '2026-03-01');
    return await eventually('the event is in the log', async () => (await read()).events[0]?.cursor);
  });
}
