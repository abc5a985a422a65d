import type { FastifyInstance } from 'fastify';

/** What a page may load and do: ours alone, nothing of it inline but styles, which the editors make as they go. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** Has a server's answers say what a browser may do with them. */
export function guardPages(pages: FastifyInstance): void {
  pages.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(headers);
    done();
  });
}
