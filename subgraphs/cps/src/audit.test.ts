import { createPrivateKey } from 'node:crypto';
import { toPem } from '@chargegraph/pki';
import { auditTrail, recordedSince } from '@chargegraph/audit/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addCpsSigner, callerWith, operator, signerInput } from './testing/harness.fixture.ts';
import { signContractData } from './testing/signing.fixture.ts';
import { emaid, mo, pcid, startWorld, type World } from './testing/world.fixture.ts';

let world: World;
let known: number;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.harness.stop());
beforeEach(async () => {
  await world.reset();
  known = (await auditTrail(world.harness.database)).length;
});

const trail = async () => (await auditTrail(world.harness.database)).slice(known);
const recorded = () => recordedSince(world.harness.database, known);
const who = { clientId: 'test-client', organisation: 'Test', traceId: 'test-trace' };
const done = { outcome: 'DONE', code: null, detail: null };

describe('the audit of the provisioning service', () => {
  it('has a signing in the transaction that keeps it, and no retry of it', async () => {
    await world.signed({ ...world.input, pcid });
    await world.signed({ ...world.input, pcid });
    const object = `Contract ${emaid}`;
    expect(await trail()).toEqual([{ ...who, ...done, action: 'signContractData', object }]);
  });

  it('has a signer that is added or changed, and not the same one again', async () => {
    const chain = world.otherPki.cps;
    const input = { ...(await signerInput(world.harness, chain)), makeDefault: false };
    const add = async (change: object) => {
      await world.harness.run(operator, addCpsSigner, { input: { ...input, ...change } });
    };
    await add({});
    await add({});
    await add({ makeDefault: true });
    await add({ makeDefault: true });
    const entry = {
      ...who,
      ...done,
      action: 'addCpsSigner',
      object: `CpsSigner ${chain.leaf.certificate.fingerprint}`,
    };
    expect(await trail()).toEqual([entry, entry]);
  });

  it('has a refused signing, and nothing of its certificate, wrapped key or ephemeral key', async () => {
    const input = { ...world.input, pcid: 'WCGDEMO0000000000' };
    const { userErrors } = await world.sign(input);
    expect(await recorded()).toEqual([
      {
        ...who,
        action: 'signContractData',
        object: `Contract ${emaid}`,
        outcome: 'REFUSED',
        code: 'NOT_FOUND',
        detail: userErrors[0]?.message,
      },
    ]);
    const text = JSON.stringify(await trail());
    const pems = [input.contractCertificate, ...input.subCaCertificates];
    const secrets = [input.encryptedPrivateKey, input.dhPublicKey, ...pems.flatMap((pem) => pem.split('\n'))];
    for (const secret of secrets.filter(({ length }) => length > 8)) expect(text).not.toContain(secret);
  });

  it('has nothing of a private key that was sent where a certificate, a car or a key reference belongs', async () => {
    const key = createPrivateKey(world.pki.cps.leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const lines = pem.split('\n').filter((line) => line !== '' && !line.startsWith('-'));
    await world.sign({ ...world.input, contractCertificate: pem, pcid });
    await world.harness.run(operator, addCpsSigner, {
      input: { certificate: pem, subCaCertificates: [pem], keyReference: lines.join('') },
    });
    await world.harness.run(operator, addCpsSigner, {
      input: {
        ...(await signerInput(world.harness, world.otherPki.cps)),
        certificate: toPem(world.otherPki.cps.leaf.certificate),
        keyReference: lines[0],
      },
    });
    await recordedSince(world.harness.database, known + 2);
    const text = JSON.stringify(await trail());
    for (const line of lines) {
      for (let at = 0; at + 12 <= line.length; at += 6) expect(text).not.toContain(line.slice(at, at + 12));
    }
  });

  it('has who was refused for want of a role or of the provider id', async () => {
    const { harness, input } = world;
    await harness.run(callerWith(['CPO']), signContractData, { input: { ...input, pcid } });
    expect(await recorded()).toMatchObject([
      {
        outcome: 'REFUSED',
        code: 'FORBIDDEN',
        detail: 'None of your roles may use Mutation.signContractData.',
      },
    ]);
    await harness.run(callerWith(['MO_EXTERNAL_PKI'], ['FRXYZ']), signContractData, { input });
    expect(await recordedSince(harness.database, known + 1)).toMatchObject([
      { outcome: 'REFUSED', code: 'FORBIDDEN', object: `Contract ${emaid}` },
    ]);
  });

  it('has no failure of ours', async () => {
    world.harness.pools.down.add('rootCertificates');
    const { errors } = await world.harness.run(mo, signContractData, { input: { ...world.input, pcid } });
    expect(errors?.[0]?.extensions?.['code']).toBe('UNAVAILABLE');
    world.harness.pools.down.clear();
    await world.signed({ ...world.input, pcid });
    expect(await trail()).toMatchObject([{ outcome: 'DONE' }]);
  });
});
