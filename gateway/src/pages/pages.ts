import { existsSync } from 'node:fs';
import { join } from 'node:path';
import accepts from '@fastify/accepts';
import etag from '@fastify/etag';
import files from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { apiDocument } from './api-document.ts';
import { guardPages } from './page-headers.ts';
import { homePage, whatsHere } from './whats-here.ts';

/** Where `pnpm generate` puts the pages, and in `assets/` what they load. */
const folder = join(import.meta.dirname, '..', '..', 'generated', 'pages');

/**
 * The pages for people, which need no token and show no data: `GET /` says what runs here, `GET /graphql` is GraphiQL,
 * `GET /docs` describes the REST door, whose OpenAPI document lies beside it. What they load is ours, below `/pages/`.
 *
 * @param address the installation's public address
 * @throws Error when the pages were not generated
 */
export function addPages(server: FastifyInstance, { address }: { readonly address: string }): void {
  if (!existsSync(join(folder, 'graphiql.html'))) {
    throw new Error(`The pages are not in ${folder}: run \`pnpm generate\`, or set CHARGEGRAPH_PAGES=off.`);
  }
  const publicAddress = address.replace(/\/+$/, '');
  void server.register(async (pages) => {
    guardPages(pages);
    await pages.register(accepts);
    await pages.register(etag);
    await pages.register(files, {
      root: join(folder, 'assets'),
      prefix: '/pages/',
      index: false,
      preCompressed: true,
      // Each is named after its content.
      immutable: true,
      maxAge: '365d',
      setHeaders: (response) => {
        response.setHeader('vary', 'accept-encoding');
      },
    });
    const page = (reply: FastifyReply, name: string) =>
      reply.sendFile(name, folder, { immutable: false, maxAge: 0 });

    pages.get('/', async (request, reply) => {
      void reply.headers({ vary: 'accept', 'cache-control': 'no-cache' });
      return prefersHtml(request)
        ? await reply.type('text/html; charset=utf-8').send(homePage(publicAddress))
        : await reply.send(whatsHere(publicAddress));
    });
    pages.get('/graphql', (request, reply) => {
      void reply.header('vary', 'accept');
      // Operations come by POST; whoever reads JSON is told what was always told.
      if (prefersHtml(request)) return page(reply, 'graphiql.html');
      reply.callNotFound();
      return reply;
    });
    pages.get('/docs', (_request, reply) => page(reply, 'docs.html'));

    // Made when it is first asked for: writing YAML would take a start a tenth of a second.
    let made: ReturnType<typeof apiDocument> | undefined;
    const send = (form: 'json' | 'yaml') => (_request: FastifyRequest, reply: FastifyReply) => {
      made ??= apiDocument(publicAddress);
      return reply
        .type(`application/${form}; charset=utf-8`)
        .header('cache-control', 'no-cache')
        .send(made[form]);
    };
    pages.get('/docs/opcp.openapi.json', send('json'));
    pages.get('/docs/opcp.openapi.yaml', send('yaml'));
  });
}

/** Whether a browser asks: programs that take anything take JSON. */
const prefersHtml = (request: FastifyRequest): boolean =>
  request.accepts().type(['application/json', 'text/html']) === 'text/html';
