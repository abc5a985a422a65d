import { ChargeGraphError } from '@chargegraph/service';
import type { FastifyBodyParser, FastifyInstance, FastifyRequest } from 'fastify';

type Done = NonNullable<Parameters<FastifyBodyParser<string>>[2]>;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads bodies as JSON: those that say so, and those that do not say what they are. An empty one is none, for clients
 * that send the header with every request, unless the operation wants a body.
 */
export function readJsonBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'ignore');
  const read = (request: FastifyRequest, body: string, done: Done) => {
    if (body !== '') {
      void parse(request, body, done);
    } else if (request.routeOptions.schema?.body === undefined) {
      done(null, undefined);
    } else {
      done(new ChargeGraphError('BAD_INPUT', 'The body is not valid JSON.'), undefined);
    }
  };
  const readOctets = (request: FastifyRequest, octets: Buffer, done: Done) => {
    let body: string;
    try {
      body = utf8.decode(octets);
    } catch {
      done(new ChargeGraphError('BAD_INPUT', 'The body is not UTF-8.'), undefined);
      return;
    }
    read(request, body, done);
  };
  // As octets: as text, what is no UTF-8 would quietly become other characters.
  const asOctets = { parseAs: 'buffer' } as const;
  server.addContentTypeParser<Buffer>('application/json', asOctets, readOctets);
  server.addContentTypeParser<Buffer>('*', asOctets, (request, octets, done) => {
    if (request.headers['content-type'] === undefined) readOctets(request, octets, done);
    else done(Object.assign(new Error('another content type'), { statusCode: 415 }), undefined);
  });
}
