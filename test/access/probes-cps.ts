import { randomUUID } from 'node:crypto';
import { signerInput } from '@chargegraph/cli';
import { wrapContractKey } from '@chargegraph/iso15118';
import { createDemoPki, issueContractCertificate, toPem } from '@chargegraph/pki';
import type { Probe } from './probe.ts';

/** The provisioning service's fields. Signers are everybody's. */
export const signingProbes: readonly Probe[] = [
  {
    field: 'Query.cpsSigners',
    pool: 'cps',
    general: true,
    operation: () => Promise.resolve({ query: '{ cpsSigners(first: 1) { nodes { id } } }', variables: {} }),
  },
  {
    field: 'Mutation.addCpsSigner',
    pool: 'cps',
    general: true,
    operation: async (world) => {
      const other = await createDemoPki({ now: new Date() });
      const keyReference = `access-${randomUUID()}`;
      await world.running().keyStore.importKey(keyReference, other.cps.leaf.privateKey);
      const operator = await world.doors('demo-operator');
      await operator.graphql(
        'mutation ($input: AddRootCertificateInput!) { addRootCertificate(input: $input) { userErrors { code } } }',
        { input: { certificate: toPem(other.v2gRoot.certificate), type: 'V2G' } },
      );
      return {
        query:
          'mutation ($input: AddCpsSignerInput!) { addCpsSigner(input: $input) { userErrors { code message } } }',
        variables: { input: signerInput(other, keyReference) },
      };
    },
  },
  {
    field: 'Mutation.signContractData',
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
