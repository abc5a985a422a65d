import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { version } = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'),
) as { version: string };

const intro = 'A Plug & Charge (ISO 15118) certificate ecosystem, served as one federated GraphQL graph.';

/** What a gateway offers, each with where it is below the public address, and for whom. */
const offers = {
  graphql: {
    path: 'graphql',
    what: 'The graph. Programs POST to it; a browser finds an editor with examples.',
  },
  subscriptions: { path: 'graphql', what: 'Events over a websocket (graphql-transport-ws).' },
  rest: { path: 'v1', what: 'The operations of OPCP 1.0 over REST.' },
  restDocs: { path: 'docs', what: 'Those operations described, and a page to try them on.' },
  openapi: { path: 'docs/opcp.openapi.yaml', what: 'Their OpenAPI document, as YAML; or .json.' },
  token: { path: 'oauth/token', what: 'Access tokens for OAuth2 client credentials.' },
  jwks: { path: '.well-known/jwks.json', what: 'The keys to verify them with.' },
} as const;

/** What can be opened in a browser with GET. */
const pages: readonly string[] = ['graphql', 'restDocs', 'openapi', 'jwks'] satisfies (keyof typeof offers)[];

/**
 * What runs here, for programs.
 *
 * @param address the installation's public address, without a slash at its end
 */
export const whatsHere = (address: string) => ({
  name: 'ChargeGraph',
  version,
  description: intro,
  links: Object.fromEntries(
    Object.entries(offers).map(([name, { path }]) => [
      name,
      `${name === 'subscriptions' ? address.replace(/^http/, 'ws') : address}/${path}`,
    ]),
  ),
});

/** The same for people, as HTML, its links relative: whoever reads it may have come by another address. */
export function homePage(address: string): string {
  const { links } = whatsHere(address);
  const rows = Object.entries(offers).map(([name, { path, what }]) => {
    const shown = escape(links[name] ?? path);
    return `<dt>${pages.includes(name) ? `<a href="${path}">${shown}</a>` : shown}</dt><dd>${escape(what)}</dd>`;
  });
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>ChargeGraph</title>
    <link rel="icon" href="data:," />
    <style>
      body { max-width: 44rem; margin: 3rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #222; }
      dt { font-weight: bold; margin-top: 1rem; }
      dd { margin: 0; }
    </style>
  </head>
  <body>
    <h1>ChargeGraph ${escape(version)}</h1>
    <p>${escape(intro)}</p>
    <dl>
${rows.map((row) => `      ${row}`).join('\n')}
    </dl>
  </body>
</html>
`;
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
