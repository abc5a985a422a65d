import { randomBytes, randomUUID } from 'node:crypto';
import { signerInput } from '@chargegraph/cli';
import { globalId } from '@chargegraph/graph';
import { wrapContractKey } from '@chargegraph/iso15118';
import { createDemoPki, issueContractCertificate, toPem, type DemoPki } from '@chargegraph/pki';
import { sides, type Operation, type World } from '../harness/world.ts';
import { auditProbe, type Probe } from './probe.ts';

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
