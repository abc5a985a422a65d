/** The charge point operator: sends cars' requests over connections that it keeps, one at a time on each. */
import { connect, type Socket } from 'node:net';
import process from 'node:process';

/** What the process is asked. */
export interface LoadRequest {
  readonly url: string;
  readonly token: string;
  /** Requests of cars, base64. */
  readonly requests: readonly string[];
  /** Connections. */
  readonly lanes: number;
  /** Once round all requests, or round and round for so long. */
  readonly milliseconds?: number;
}

/** What came of it. */
export interface LoadTally {
  readonly installations: number;
  /** From the first request to the last answer, in milliseconds. */
  readonly milliseconds: number;
  /** Of a request to its answer, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

const namespace = 'urn:iso:15118:2:2013:MsgDef';

/** A request as it goes over the wire, as OPCP 1.0 has it. */
function octetsOf(url: URL, token: string, certificateInstallationReq: string): Buffer {
  const body = JSON.stringify({ certificateInstallationReq, xsdMsgDefNamespace: namespace });
  return Buffer.from(
    `POST /v1/ccp/signedContractData HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${token}\r\n` +
      `Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

/** Sends one request at a time and reads its answer; throws unless a contract comes. */
async function openLane(url: URL): Promise<{ ask(request: Buffer): Promise<void>; close(): void }> {
  const socket: Socket = connect(Number(url.port), url.hostname);
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
  let waiting: { resolve: () => void; reject: (error: Error) => void } | undefined;
  let read: Buffer = Buffer.alloc(0);
  const fail = (error: Error) => waiting?.reject(error);
  socket.on('error', fail).on('close', () => {
    fail(new Error('The gateway closed a connection.'));
  });
  socket.on('data', (chunk: Buffer) => {
    read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
    const end = read.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = read.toString('latin1', 0, end);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? NaN);
    if (Number.isNaN(length)) {
      fail(new Error(`An answer without a length: ${head}`));
      return;
    }
    if (read.length < end + 4 + length) return;
    const answer = read.toString('latin1', end + 4, end + 4 + length);
    read = Buffer.alloc(0);
    if (head.startsWith('HTTP/1.1 200') && answer.includes('"emaid":')) waiting?.resolve();
    else fail(new Error(`${head.slice(0, 20)} ${answer.slice(0, 500)}`));
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => {
      socket.destroy();
    },
  };
}

async function load({ url, token, requests, lanes, milliseconds }: LoadRequest): Promise<LoadTally> {
  const at = new URL(url);
  const octets = requests.map((request) => octetsOf(at, token, request));
  const open = await Promise.all(Array.from({ length: lanes }, () => openLane(at)));
  const took: number[] = [];
  let next = 0;
  const began = performance.now();
  const goesOn = () =>
    milliseconds === undefined ? next < octets.length : performance.now() - began < milliseconds;
  await Promise.all(
    open.map(async ({ ask }) => {
      while (goesOn()) {
        const request = octets[next++ % octets.length];
        if (request === undefined) return;
        const sent = performance.now();
        await ask(request);
        took.push(performance.now() - sent);
      }
    }),
  );
  const ended = performance.now();
  for (const { close } of open) close();
  const sorted = Float64Array.from(took).sort();
  const percentile = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return {
    installations: took.length,
    milliseconds: ended - began,
    p50: percentile(0.5),
    p99: percentile(0.99),
  };
}

process.on('message', ({ number, request }: { number: number; request: LoadRequest }) => {
  load(request).then(
    (result) => process.send?.({ number, result }),
    (error: unknown) => process.send?.({ number, error: String(error) }),
  );
});
process.once('disconnect', () => process.exit());
