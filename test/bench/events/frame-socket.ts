import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** What a {@link FrameSocket} tells. */
export interface FrameListener {
  /** A text message; `text` decodes it, which costs time, so a listener that only counts leaves it. */
  onMessage(octets: number, text: () => string): void;
  onClose(code: number | undefined): void;
}

/** The cheapest websocket client that still takes in every frame: thousands of them must not cost more than a server. */
export interface FrameSocket {
  send(message: unknown): void;
  /** Stops reading, as a client does that hangs. */
  pause(): void;
  resume(): void;
  close(): void;
}

const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** A client's frame with less than 64 KiB, masked with zeros. */
function clientFrame(opcode: number, data: Buffer): Buffer {
  const head =
    data.length < 126
      ? Buffer.from([0x80 | opcode, 0x80 | data.length, 0, 0, 0, 0])
      : Buffer.from([0x80 | opcode, 0x80 | 126, data.length >> 8, data.length & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([head, data]);
}

/** Reads the server's frames out of what comes, without copying what is whole. */
function frameReader(onFrame: (opcode: number, data: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (data.length - at >= 2) {
      const short = (data[at + 1] ?? 0) & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (data.length - at < head) break;
      const length =
        short < 126 ? short : short === 126 ? data.readUInt16BE(at + 2) : data.readUIntBE(at + 4, 6);
      if (data.length - at < head + length) break;
      onFrame((data[at] ?? 0) & 0x0f, data.subarray(at + head, at + head + length));
      at += head + length;
    }
    rest = at === data.length ? Buffer.alloc(0) : data.subarray(at);
  };
}

/** Opens one; resolves when the server has agreed. */
export function openFrameSocket(url: URL, protocol: string, listener: FrameListener): Promise<FrameSocket> {
  return new Promise((resolve, reject) => {
    let code: number | undefined;
    const socket: Socket = connect(Number(url.port), url.hostname);
    socket.setNoDelay(true);
    const read = frameReader((opcode, data) => {
      if (opcode === opcodes.text) listener.onMessage(data.length, () => data.toString());
      else if (opcode === opcodes.ping) socket.write(clientFrame(opcodes.pong, data));
      else if (opcode === opcodes.close) {
        code = data.length < 2 ? undefined : data.readUInt16BE(0);
        socket.end(clientFrame(opcodes.close, data.subarray(0, 2)));
      }
    });
    let answer = Buffer.alloc(0);
    const onAnswer = (chunk: Buffer): void => {
      answer = Buffer.concat([answer, chunk]);
      const end = answer.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', onAnswer);
      const status = answer.subarray(0, answer.indexOf('\r\n')).toString();
      if (!status.startsWith('HTTP/1.1 101')) {
        socket.destroy();
        reject(new Error(`The server answered ${status}.`));
        return;
      }
      socket.on('data', read);
      resolve({
        send: (message) => void socket.write(clientFrame(opcodes.text, Buffer.from(JSON.stringify(message)))),
        pause: () => void socket.pause(),
        resume: () => void socket.resume(),
        close: () => void socket.destroy(),
      });
      if (answer.length > end + 4) read(answer.subarray(end + 4));
    };
    socket.on('data', onAnswer);
    socket.on('error', reject);
    socket.on('close', () => {
      listener.onClose(code);
    });
    socket.write(
      `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
        `Sec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    );
  });
}
