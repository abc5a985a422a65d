import { ConfigurationError } from '@chargegraph/service';

/** What a failed command says: a sentence for what its user can mend, the stack of anything else. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigurationError || error.name === 'CACError') return error.message;
  return explainListening(error) ?? error.stack ?? error.message;
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another process: stop that one or choose another port',
  EADDRNOTAVAIL: 'cannot be listened on: the address is not one of this machine',
  EACCES: 'cannot be listened on: this user may not',
  ENOTFOUND: 'cannot be listened on: there is no such host',
};

/** A server that could not listen (Node's system errors of listen and of looking its host up). */
function explainListening(
  error: NodeJS.ErrnoException & { address?: string; hostname?: string; port?: number },
) {
  const reason = reasons[error.code ?? ''];
  if (reason === undefined || (error.syscall !== 'listen' && error.syscall !== 'getaddrinfo'))
    return undefined;
  const host = error.address ?? error.hostname ?? 'the host';
  return error.port === undefined ? `${host} ${reason}.` : `Port ${error.port} of ${host} ${reason}.`;
}
