import { request } from 'node:http';

/** A request as it goes over the wire: header lines as they are spelt and ordered; Node adds `Connection` alone. */
export interface Sent {
  readonly method: string;
  /** Path and query, undecoded. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string | undefined;
}

/** An answer, read whole. */
export interface Received {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/**
 * Sends a request to the server at a base address. `Host` and, where there is a body, `Content-Length` stand in the place
 * that the client gives them with an empty value.
 */
export function exchange(base: string, { method, target, headers, body }: Sent): Promise<Received> {
  const { hostname, port, host } = new URL(base);
  const filled = headers.flatMap(([name, value]) => {
    if (value !== '') return [name, value];
    if (/^host$/i.test(name)) return [name, host];
    return /^content-length$/i.test(name) ? [name, String(Buffer.byteLength(body ?? ''))] : [name, value];
  });
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path: target, headers: filled });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    outgoing.end(body);
  });
}
