import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import type { Authentication, Caller } from '@chargegraph/identity';
import { ChargeGraphError, silentLogger } from '@chargegraph/service';
import { createSocketAdmission, type SocketAdmission } from './socket-admission.ts';

const caller = { clientId: 'demo-oem', role: 'OEM' } as unknown as Caller;
const away = new ChargeGraphError('UNAVAILABLE', 'The database does not answer.');

class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  readonly close = vi.fn(() => {
    this.readyState = 3;
  });
}

describe('whose socket it is, asked for an event', () => {
  const authenticate = vi.fn<() => Promise<Authentication>>();
  let admission: SocketAdmission;
  let socket: FakeSocket;
  const asked = () => admission.awaitCaller(socket as unknown as WebSocket, 'Bearer x');

  beforeEach(() => {
    authenticate.mockReset();
    socket = new FakeSocket();
    admission = createSocketAdmission({
      sockets: { clients: new Set() },
      authenticator: { authenticate, known: () => undefined },
      logger: silentLogger,
      maxSockets: 0,
    });
  });
  afterEach(() => {
    admission.stop();
  });

  it('is waited for while nobody can tell, and the socket stays open', async () => {
    authenticate.mockRejectedValueOnce(away).mockRejectedValueOnce(away);
    authenticate.mockResolvedValue({ caller, expires: Date.now() + 60_000 });
    expect(await asked()).toBe(caller);
    expect(authenticate).toHaveBeenCalledTimes(3);
    expect(socket.close).not.toHaveBeenCalled();
  });

  it('is not asked any more once the socket is closed', async () => {
    authenticate.mockRejectedValue(away);
    const answer = asked();
    socket.readyState = 3;
    await expect(answer).rejects.toBe(away);
    expect(authenticate.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it.each([
    ['TOKEN_EXPIRED', 4403],
    ['UNAUTHENTICATED', 4401],
    ['INTERNAL', 4459],
  ] as const)('that is not let in any more, for %s, is closed with %i', async (code, closeCode) => {
    authenticate.mockRejectedValueOnce(away).mockRejectedValue(new ChargeGraphError(code, 'No.'));
    await expect(asked()).rejects.toMatchObject({ code });
    expect(socket.close).toHaveBeenCalledWith(closeCode, expect.any(String));
  });
});
