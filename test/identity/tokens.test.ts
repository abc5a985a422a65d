import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type Database } from '@chargegraph/database';
import { makeEmaid, type Doors } from '@chargegraph/cli';
import { silentLogger } from '@chargegraph/service';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { endOfLog, listen } from '../harness/events.ts';
import { accessToken, send } from '../harness/http.ts';
import { publishNewCar, signNewContract } from '../harness/parties.ts';
import { subscriber } from '../harness/subscriber.ts';
import { eventually, pause } from '../harness/wait.ts';

const form = { 'content-type': 'application/x-www-form-urlencoded' };

describe('POST /oauth/token', () => {
  let world: TestEcosystem;
  let id: string;
  let secret: string;
  beforeAll(async () => {
    world = await startTestEcosystem();
    ({ clientId: id, clientSecret: secret } = world.credentials['demo-oem']);
  });
  afterAll(() => world.stop());
  const ask = (sending: Parameters<typeof send>[1]) => send(`${world.url}/oauth/token`, sending);
  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${encodeURIComponent(user)}:${encodeURIComponent(password)}`).toString('base64')}`,
  });

  it('gives a token for credentials in JSON, in a form and in HTTP Basic', async () => {
    const answers = [
      await ask({ body: { grant_type: 'client_credentials', client_id: id, client_secret: secret } }),
      await ask({
        headers: form,
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: id,
          client_secret: secret,
        }).toString(),
      }),
      await ask({ headers: { ...form, ...basic(id, secret) }, body: 'grant_type=client_credentials' }),
      await ask({ headers: basic(id, secret), body: { grant_type: 'client_credentials' } }),
    ];
    for (const { status, headers, json } of answers) {
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(json).toEqual({
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 86_400,
        scope: 'rcpservice pcpservice cpservice ccpservice',
      });
      const { access_token: token } = json as { access_token: string };
      const used = await send(`${world.url}/graphql`, {
        token,
        body: { query: '{ rootCertificates(first: 1) { totalCount } }' },
      });
      expect(used.json).toMatchObject({ data: { rootCertificates: { totalCount: 6 } } });
    }
  });

  it('answers a wrong secret and an unknown client alike', async () => {
    const answer = async (client_id: string, client_secret: string) => {
      const { status, text } = await ask({
        body: { grant_type: 'client_credentials', client_id, client_secret },
      });
      return { status, text };
    };
    const wrong = await answer(id, 'wrong');
    expect(wrong).toEqual({
      status: 401,
      text: '{"error":"invalid_client","error_description":"client_id or client_secret is wrong"}',
    });
    expect(await answer('unknown', 'wrong')).toEqual(wrong);
    expect(await answer('unknown', secret)).toEqual(wrong);
  });

  it('says how to authenticate when HTTP Basic was tried and failed (RFC 6749, 5.2)', async () => {
    const answer = await ask({
      headers: { ...form, ...basic(id, 'wrong') },
      body: 'grant_type=client_credentials',
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic/);
  });

  it('puts the audience that was asked for into the token, and itself without one', async () => {
    const audienceOf = async (extra: object) => {
      const { json } = await ask({
        body: { grant_type: 'client_credentials', client_id: id, client_secret: secret, ...extra },
      });
      return decodeJwt((json as { access_token: string }).access_token).aud;
    };
    expect(await audienceOf({ audience: 'https://eu.plugncharge-test.hubject.com' })).toBe(
      'https://eu.plugncharge-test.hubject.com',
    );
    expect(await audienceOf({})).toBe(world.url);
  });

  it('signs with a key that GET /.well-known/jwks.json publishes, and publishes nothing private', async () => {
    const token = await accessToken(world.url, world.credentials['demo-mo']);
    const keys = createRemoteJWKSet(new URL(`${world.url}/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: world.url,
      audience: world.url,
    });
    expect(payload).toMatchObject({
      sub: 'demo-mo',
      azp: 'demo-mo',
      organisation: 'Demo MO',
      provider_ids: ['EMP99'],
      [`${world.url}/role`]: ['MO_EXTERNAL_PKI', 'MO_HUBJECT_PKI'],
      [`${world.url}/emaid`]: ['EMP99'],
    });
    expect((payload['roles'] as string[]).sort()).toEqual(['MO_EXTERNAL_PKI', 'MO_V2G_PKI']);
    expect(protectedHeader.alg).toBe('ES256');
    const { json } = await send(`${world.url}/.well-known/jwks.json`, { method: 'GET' });
    for (const key of (json as { keys: object[] }).keys) expect(key).not.toHaveProperty('d');
  });
});

describe('a client', () => {
  let world: TestEcosystem;
  let identity: Database;
  let mo: Doors;
  beforeAll(async () => {
    world = await startTestEcosystem();
    identity = createDatabase({ url: world.databaseUrl, schema: 'identity', logger: silentLogger, max: 1 });
    mo = await world.doors('demo-mo');
  });
  afterAll(async () => {
    await identity.close();
    await world.stop();
  });

  it('that is disabled loses its access within three seconds, also on a websocket that is open', async () => {
    const { clients } = world.running();
    const credentials = await clients.add({
      clientId: 'leaving',
      name: 'Leaving',
      organisation: 'Demo OEM',
      roles: ['OEM'],
      wmis: ['WMI'],
    });
    const token = await accessToken(world.url, credentials);
    const query = { token, body: { query: '{ rootCertificates(first: 1) { totalCount } }' } };
    const car = await publishNewCar(await world.doors('demo-oem'), world.pki);
    const leaving = subscriber(world.url, () => token);
    const listening = listen(leaving.client, undefined, {
      after: await endOfLog(await world.doors('demo-operator')),
    });
    await signNewContract(mo, world.pki, car);
    await listening.events(1);
    expect((await send(`${world.url}/graphql`, query)).status).toBe(200);

    await identity.execute(`UPDATE client SET disabled_at = now() WHERE client_id = 'leaving'`);
    await pause(3_000);
    expect(await send(`${world.url}/graphql`, query)).toMatchObject({ status: 401 });
    const again = await send(`${world.url}/oauth/token`, {
      body: {
        grant_type: 'client_credentials',
        client_id: credentials.clientId,
        client_secret: credentials.clientSecret,
      },
    });
    expect(again.status).toBe(401);
    await signNewContract(mo, world.pki, car);
    await expect(listening.ended).rejects.toThrow('closed with 4401');
    expect(listening.results).toHaveLength(1);
    await leaving.client.dispose();
  }, 30_000);

  it('that loses a WMI hears no more of its cars within three seconds', async () => {
    const { clients } = world.running();
    const credentials = await clients.add({
      clientId: 'shrinking',
      name: 'Shrinking',
      organisation: 'Demo OEM',
      roles: ['OEM'],
      wmis: ['WMI'],
    });
    const token = await accessToken(world.url, credentials);
    const car = await publishNewCar(await world.doors('demo-oem'), world.pki);
    const { emaid } = await signNewContract(mo, world.pki, car);
    const read = async () =>
      (
        await send(`${world.url}/graphql`, {
          token,
          body: { query: `{ contract(emaid: "${emaid}") { emaid } }` },
        })
      ).json;
    expect(await read()).toMatchObject({ data: { contract: { emaid } } });
    const { client } = subscriber(world.url, () => token);
    const listening = listen(client, undefined, {
      after: await endOfLog(await world.doors('demo-operator')),
    });
    await eventually('it is connected', async () => {
      await signNewContract(mo, world.pki, car);
      return listening.results.length > 0;
    });
    await identity.execute(`DELETE FROM client_identifier WHERE client_id = 'shrinking'`);
    await pause(3_000);
    expect(await read()).toMatchObject({ data: { contract: null } });
    const heard = listening.results.length;
    await signNewContract(mo, world.pki, car);
    await pause(300);
    expect(listening.results).toHaveLength(heard);
    await client.dispose();
  }, 30_000);

  it('that is removed is unknown, its old tokens included', async () => {
    const credentials = await world
      .running()
      .clients.add({ clientId: 'removed', name: 'Removed', organisation: 'X', roles: ['CPO'] });
    const token = await accessToken(world.url, credentials);
    await identity.execute(`DELETE FROM client WHERE client_id = 'removed'`);
    expect(await send(`${world.url}/graphql`, { token, body: { query: '{ __typename }' } })).toMatchObject({
      status: 401,
    });
  });

  it('can share a WMI or provider id within its organisation, and take none of another’s', async () => {
    const { clients } = world.running();
    const add = (organisation: string, own: { wmis?: string[]; providerIds?: string[] }) =>
      clients.add({ name: 'New', organisation, roles: ['OEM', 'MO'], ...own });
    await expect(add('Demo OEM', { wmis: ['wmi'] })).resolves.toMatchObject({ clientId: expect.any(String) });
    await expect(add('Somebody', { wmis: ['WMI'] })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'WMI belongs to another organisation.',
    });
    await expect(add('Somebody', { providerIds: ['emp99'] })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'EMP99 belongs to another organisation.',
    });
    // Nothing of the refused ones stays.
    expect(await identity.query(`SELECT FROM client WHERE organisation = 'Somebody'`)).toEqual([]);
  });

  it('that asks for a foreign or an absent contract gets the same answer', async () => {
    const other = await world
      .running()
      .clients.add({ name: 'Other MO', organisation: 'Other MO', roles: ['MO'], providerIds: ['DEXYZ'] });
    const token = await accessToken(world.url, other);
    const { emaid } = await signNewContract(
      mo,
      world.pki,
      await publishNewCar(await world.doors('demo-oem'), world.pki),
    );
    const read = async (id: string) =>
      (
        await send(`${world.url}/graphql`, {
          token,
          body: { query: `{ contract(emaid: "${id}") { emaid } }` },
        })
      ).text;
    expect(await read(emaid)).toBe(await read(makeEmaid()));
    expect(await read(emaid)).toBe('{"data":{"contract":null},"extensions":{"cost":{"requested":2}}}');
  });
});
