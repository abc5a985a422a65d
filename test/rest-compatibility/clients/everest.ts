import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Scene } from '../scene.ts';
import type { Received, Sent } from '../wire.ts';

interface EverestRoot {
  readonly pem: string;
  readonly type: string;
  readonly xsdNamespace: string;
}

/** libcurl, which is told to take any encoding that it knows. */
const curlHeaders = (headers: readonly (readonly [string, string])[], hasBody: boolean) =>
  [
    ['Host', ''],
    ['Accept-Encoding', 'deflate, gzip, br, zstd'],
    ...headers,
    ...(hasBody ? [['Content-Length', ''] as const] : []),
  ] as const;

/** nlohmann::json: what has a default may be missing, but null or another type throws. */
function textOf(entry: Readonly<Record<string, unknown>>, name: string): string {
  if (!(name in entry)) return '';
  expect(typeof entry[name]).toBe('string');
  return String(entry[name]);
}

/** EVerest/EVerest: `lib/everest/opcp`, its tool `opcp-enroll` and the module `OpcpCertificateManager`. */
export function replayEverest(scene: () => Scene): void {
  describe('EVerest', () => {
    const tokenRequest = (clientSecret: string): Sent => {
      const { clientId } = scene().world.credentials['demo-cpo'];
      // The library writes the members by name.
      const body = JSON.stringify({
        audience: scene().world.url,
        client_id: clientId,
        client_secret: clientSecret,
        grant_type: 'client_credentials',
      });
      const headers = [
        ['Content-Type', 'application/json'],
        ['Accept', 'application/json'],
      ] as const;
      return { method: 'POST', target: '/oauth/token', headers: curlHeaders(headers, true), body };
    };

    async function fetchToken(): Promise<string> {
      const answer = await scene().replay(
        'issueToken',
        tokenRequest(scene().world.credentials['demo-cpo'].clientSecret),
      );
      expect(answer.status).toBe(200);
      const body = JSON.parse(answer.text) as Record<string, unknown>;
      expect([textOf(body, 'token_type'), typeof textOf(body, 'scope')]).toEqual(['Bearer', 'string']);
      expect(body['expires_in']).toBe(86_400);
      return textOf(body, 'access_token');
    }

    const rootsRequest = (query: string, token?: string): Sent => ({
      method: 'GET',
      target: `/v1/root/rootCerts${query}`,
      headers: curlHeaders(
        [
          ['Accept', 'application/json'],
          ...(token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]),
        ],
        false,
      ),
    });

    /** What it makes of the list: entries of types that it does not know are passed over. */
    function readRoots({ text }: Received): EverestRoot[] {
      const { RootCertificateCollection } = JSON.parse(text) as {
        RootCertificateCollection: { rootCertificates: Record<string, unknown>[] };
      };
      return RootCertificateCollection.rootCertificates.flatMap((entry) => {
        const oneLine = textOf(entry, 'caCertificate').replace(/\s/g, '');
        const wrapped = oneLine.replace(/.{64}/g, '$&\n').trimEnd();
        const pem = `-----BEGIN CERTIFICATE-----\n${wrapped}\n-----END CERTIFICATE-----\n`;
        expect(new X509Certificate(pem).ca).toBe(true);
        for (const name of ['rootCertificateId', 'commonName', 'organizationName', 'signatureAlgorithm'])
          textOf(entry, name);
        expect(textOf(entry, 'validFrom') < textOf(entry, 'validTo')).toBe(true);
        const type = textOf(entry, 'rootType').replace(/\s/g, '').toLowerCase();
        if (!['v2g', 'mo', 'oem'].includes(type)) return [];
        return [{ pem, type, xsdNamespace: textOf(entry, 'xsdMsgDefNamespace') }];
      });
    }

    it('gets a token whose claims tell its roles, and is told why it gets none', async () => {
      const [, claims = ''] = (await fetchToken()).split('.');
      const payload = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
      const roles = Object.entries(payload).filter(([name]) => name === 'role' || name.endsWith('/role'));
      expect(roles.flatMap(([, value]) => value)).toEqual(['CPO']);
      const refused = await scene().replay('issueToken', tokenRequest('wrong'));
      expect(refused.status).toBe(401);
      expect(textOf(JSON.parse(refused.text) as Record<string, unknown>, 'error_description')).not.toBe('');
    });

    it('gets the roots of each type, and all of them', async () => {
      const token = await fetchToken();
      const all = readRoots(await scene().replay('getAllRootCerts', rootsRequest('', token)));
      for (const type of ['v2g', 'mo', 'oem']) {
        const answer = await scene().replay('getAllRootCerts', rootsRequest(`?rootType=${type}`, token));
        const roots = readRoots(answer);
        expect(roots.length).toBeGreaterThan(0);
        expect(roots).toEqual(all.filter((root) => root.type === type));
      }
      expect(all.map(({ xsdNamespace }) => xsdNamespace)).toContain('urn:iso:15118:2:2013:MsgDef');
    });

    it('is told that its certificate does not open the list, and that nothing is enrolled here', async () => {
      // The module proves itself with a client certificate in TLS and sends no token.
      const refused = await scene().replay('getAllRootCerts', rootsRequest(''));
      expect(refused.status).toBe(401);
      const token = await fetchToken();
      const authorization = ['Authorization', `Bearer ${token}`] as const;
      const pkcs7 = [
        ['Content-Transfer-Encoding', 'base64'] as const,
        ['Accept', 'application/pkcs7-mime'] as const,
      ];
      for (const sent of [
        {
          method: 'POST',
          target: '/.well-known/cpo/simpleenroll',
          headers: curlHeaders([['Content-Type', 'application/pkcs10'], ...pkcs7, authorization], true),
          body: 'MIIB',
        },
        {
          method: 'GET',
          target: '/cpo/cacerts/ISO15118-2/secp256r1/',
          headers: curlHeaders([...pkcs7, authorization], false),
        },
        {
          method: 'PUT',
          target: '/v1/vra/cpo/endEntities',
          headers: curlHeaders(
            [['Content-Type', 'application/json'], ['Accept', 'application/json'], authorization],
            true,
          ),
          body: JSON.stringify({
            chargeBoxSerialNumber: '',
            commonName: 'DE*CGR*E1',
            deviceName: 'Charger',
            deviceSWVersion: '',
            evseID: ['DE*CGR*E1'],
            evseISOversion: '15118-2',
            evseSerialNumber: '',
            manufacture: 'Demo',
            ocppVersion: '2.0.1',
          }),
        },
      ]) {
        const answer = await scene().send(sent);
        expect({
          target: sent.target,
          status: answer.status,
          body: JSON.parse(answer.text) as unknown,
        }).toEqual({
          target: sent.target,
          status: 404,
          body: { errorMessages: ['There is nothing here.'], traceId: expect.any(String) },
        });
      }
    });
  });
}
