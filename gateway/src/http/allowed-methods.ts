import type { FastifyInstance } from 'fastify';

/** Tells which methods a server takes on a path. */
export type AllowedMethods = (url: string) => readonly string[];

/**
 * Notes the routes of a server as they are added, so that a wrong method can be told from a wrong path (RFC 9110 section
 * 15.5.6). To be called before any route is added.
 */
export function noteAllowedMethods(server: FastifyInstance): AllowedMethods {
  const routes: { readonly segments: readonly string[]; readonly methods: readonly string[] }[] = [];
  server.addHook('onRoute', ({ method, url }) => {
    routes.push({ segments: segmentsOf(url), methods: [method].flat() });
  });
  return (url) => {
    const asked = segmentsOf(url.split('?', 1)[0] ?? '');
    const methods = routes.filter(({ segments }) => fits(segments, asked)).flatMap((route) => route.methods);
    return [...new Set(methods)].sort();
  };
}

/** As the router has them, which passes over doubled slashes and one at the end. */
const segmentsOf = (path: string) => path.split('/').filter((segment) => segment !== '');

const fits = (segments: readonly string[], asked: readonly string[]) =>
  segments.length === asked.length &&
  segments.every((segment, index) => segment.startsWith(':') || segment === asked[index]);
