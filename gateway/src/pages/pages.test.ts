import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fastify, { type FastifyInstance } from 'fastify';
import { parse } from 'yaml';
import { addPages } from './pages.ts';

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const secretless = /^(?!.*(secret|password|postgres))/is;

describe('the pages', () => {
  let server: FastifyInstance;
  beforeAll(async () => {
    server = fastify();
    server.setNotFoundHandler((_request, reply) => reply.status(404).send({ errorMessages: ['Nothing.'] }));
    addPages(server, { address: 'https://pnc.example/' });
    server.post('/graphql', () => ({ data: null }));
    await server.ready();
  });
  afterAll(() => server.close());

  const get = (url: string, headers: Record<string, string> = {}) =>
    server.inject({ method: 'GET', url, headers });
  /** What a page names as its own: scripts, styles and links. */
  const namedBy = (html: string) => [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url = '']) => url);

  it('tell programs what runs here, by the public address', async () => {
    for (const headers of [{}, { accept: '*/*' }, { accept: 'application/json' }]) {
      const answer = await get('/', headers);
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(answer.json()).toEqual({
        name: 'ChargeGraph',
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        description: expect.stringContaining('Plug & Charge'),
        links: {
          graphql: 'https://pnc.example/graphql',
          subscriptions: 'wss://pnc.example/graphql',
          rest: 'https://pnc.example/v1',
          restDocs: 'https://pnc.example/docs',
          openapi: 'https://pnc.example/docs/opcp.openapi.yaml',
          token: 'https://pnc.example/oauth/token',
          jwks: 'https://pnc.example/.well-known/jwks.json',
        },
      });
    }
  });

  it('tell people the same, with links that work wherever they came in', async () => {
    const { headers, body } = await get('/', browser);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers.vary).toBe('accept');
    expect(body).toContain('https://pnc.example/oauth/token');
    const links = namedBy(body);
    expect(links).toEqual(['data:,', 'graphql', 'docs', 'docs/opcp.openapi.yaml', '.well-known/jwks.json']);
    expect(body).toMatch(secretless);
  });

  it.each(['/graphql', '/docs'])(
    'serve all that %s loads, and nothing of it comes from elsewhere',
    async (url) => {
      const page = await get(url, browser);
      expect(page.statusCode).toBe(200);
      expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(page.body).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=|<style|https?:/);
      const named = namedBy(page.body).filter((each) => each !== 'data:,' && !each.startsWith('docs/'));
      expect(named).toHaveLength(2);
      for (const each of named) {
        const { statusCode, headers } = await get(`/${each}`);
        expect(statusCode).toBe(200);
        expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
        expect(headers['content-type']).toMatch(
          each.endsWith('.css') ? /^text\/css/ : /^application\/javascript/,
        );
      }
    },
  );

  it('serve all that their scripts load in turn: chunks, workers, fonts', async () => {
    const seen = new Set<string>();
    const follow = async (name: string): Promise<void> => {
      if (seen.has(name)) return;
      seen.add(name);
      const { statusCode, body } = await get(`/pages/${name}`);
      expect({ name, statusCode }).toEqual({ name, statusCode: 200 });
      const next = body.matchAll(/["'(](?:\.|pages)\/([\w.-]+-[A-Z0-9]{8}\.(?:js|css|ttf))["')]/g);
      for (const [, each = ''] of next) await follow(each);
    };
    for (const url of ['/graphql', '/docs']) {
      for (const each of namedBy((await get(url, browser)).body)) {
        if (each.startsWith('pages/')) await follow(each.slice('pages/'.length));
      }
    }
    for (const kind of [
      /^graphiql-.*js$/,
      /^docs-.*js$/,
      /^editor\.?.*js$/,
      /^json-.*js$/,
      /^graphql-.*js$/,
      /ttf$/,
    ]) {
      expect(
        [...seen].some((name) => kind.test(name)),
        String(kind),
      ).toBe(true);
    }
  });

  it('say to the browser that ours is all that may be loaded, asked, or framed', async () => {
    for (const url of ['/', '/graphql', '/docs', '/docs/opcp.openapi.json', '/pages/none.js']) {
      const { headers } = await get(url, browser);
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'; script-src 'self'; worker-src 'self';");
      expect(policy).toContain("connect-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
    }
  });

  it('are compressed for who takes that, and not sent again to who has them', async () => {
    const script = namedBy((await get('/graphql', browser)).body).find((each) => each.endsWith('.js')) ?? '';
    const packed = await get(`/${script}`, { 'accept-encoding': 'gzip' });
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(packed.rawPayload.length).toBeLessThan((await get(`/${script}`)).rawPayload.length / 2);
    for (const url of ['/', '/graphql', '/docs', '/docs/opcp.openapi.yaml']) {
      const { etag } = (await get(url, browser)).headers;
      expect(await get(url, { ...browser, 'if-none-match': String(etag) })).toMatchObject({
        statusCode: 304,
      });
    }
  });

  it('leave GET /graphql to programs as it was: not there, query or none', async () => {
    for (const url of ['/graphql', '/graphql?query=%7B__typename%7D']) {
      for (const headers of [{}, { accept: '*/*' }, { accept: 'application/graphql-response+json' }]) {
        const answer = await get(url, headers);
        expect(answer.statusCode).toBe(404);
        expect(answer.json()).toEqual({ errorMessages: ['Nothing.'] });
      }
    }
  });

  it('give the OpenAPI document as YAML and JSON, with the public address in it', async () => {
    const json = await get('/docs/opcp.openapi.json');
    const yaml = await get('/docs/opcp.openapi.yaml');
    expect(yaml.headers['content-type']).toBe('application/yaml; charset=utf-8');
    expect(parse(yaml.body)).toEqual(json.json());
    expect(json.json()).toMatchObject({
      servers: [{ url: 'https://pnc.example' }],
      components: {
        securitySchemes: {
          token: { flows: { clientCredentials: { tokenUrl: 'https://pnc.example/oauth/token' } } },
        },
      },
    });
  });

  it('keep to their folder', async () => {
    for (const path of ['..%2fgraphiql.html', '../graphiql.html', '%2e%2e%2fopcp.ts', '.', '']) {
      const { statusCode, body } = await get(`/pages/${path}`);
      expect(statusCode).toBeOneOf([403, 404]);
      expect(body).not.toContain('<');
    }
  });
});
