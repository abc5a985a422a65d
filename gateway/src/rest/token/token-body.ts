import type { FastifyBodyParser, FastifyInstance, FastifyRequest } from 'fastify';

type Done = NonNullable<Parameters<FastifyBodyParser<string>>[2]>;

/**
 * Reads the bodies of token requests, JSON and forms, by their looks: clients name wrong content types, or none. No body at
 * all is one without fields.
 */
export function readTokenBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'ignore');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser<string>(
    '*',
    { parseAs: 'string' },
    (request: FastifyRequest, body: string, done: Done) => {
      if (/^\s*[[{]/.test(body)) void parse(request, body, done);
      else done(null, formFields(body));
    },
  );
  // Fastify refuses what is no content type before it asks for a parser.
  server.addHook('preParsing', (request, _reply, _payload, done) => {
    delete request.headers['content-type'];
    done();
  });
}

/** A field that comes twice has a list for its value. */
function formFields(body: string): Record<string, string | string[]> {
  const form = new URLSearchParams(body.trim());
  const fields = [...new Set(form.keys())].map((name) => {
    const values = form.getAll(name);
    return [name, values.length === 1 ? (values[0] ?? '') : values] as const;
  });
  return Object.fromEntries(fields);
}
