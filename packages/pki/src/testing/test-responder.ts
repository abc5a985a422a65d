import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { OCSPResponseStatus } from '@peculiar/asn1-ocsp';
import { systemClock, type Clock } from '@chargegraph/service';
import type { Certificate } from '../certificate.ts';
import type { IssuedCertificate } from '../demo/issue-certificate.ts';
import { octetsOf } from '../revocation/certificate-octets.ts';
import type { RevocationReason } from '../revocation/status.ts';
import { makeCrl } from './crl-maker.ts';
import { makeOcspAnswer, makeOcspError, readOcspRequest, type KnownStatus } from './ocsp-answer-maker.ts';

/** What a responder does with requests: answer, say nothing, say nonsense, fail, hang up. */
export type ResponderBehaviour = 'ANSWER' | 'HANG' | 'GARBAGE' | 'ERROR' | 'HANG_UP';

/** One request that came in. */
export interface ReceivedRequest {
  readonly kind: 'OCSP' | 'CRL';
  /** Of OCSP: what it asked about. */
  readonly serialNumber?: bigint;
}

/** How {@link createTestResponder} answers. */
export interface TestResponderOptions {
  /** The CAs that it answers for; more can be added. */
  readonly issuers?: readonly IssuedCertificate[];
  /** The machine's unless given. */
  readonly clock?: Clock;
  /** Milliseconds from `thisUpdate`, which is now, to `nextUpdate`; an hour unless given. */
  readonly validity?: number;
}

/** A responder and CRL server on 127.0.0.1 that says of certificates what a test tells it to. */
export interface TestResponder {
  /** Serves all its CAs. */
  readonly ocspUrl: string;
  /** Of the first CA. */
  readonly crlUrl: string;
  /** Every request so far, in order. */
  readonly requests: ReceivedRequest[];
  /** Answers for one more CA. */
  add(issuer: IssuedCertificate): void;
  /** Of any of its CAs. */
  crlUrlOf(issuer: Certificate): string;
  /** From now on the certificate is revoked, since now unless `at` is given. */
  revoke(serialNumber: bigint, details?: { readonly at?: Date; readonly reason?: RevocationReason }): void;
  /** From now on the certificate is good again. */
  restore(serialNumber: bigint): void;
  /** From now on OCSP does not know the certificate. */
  forget(serialNumber: bigint): void;
  /** From now on requests meet this, those for CRLs too. */
  behave(behaviour: ResponderBehaviour): void;
  /** Ends it, and the connections that still wait for an answer. */
  stop(): Promise<void>;
}

const hour = 3_600_000;

/** Starts a responder that signs as the CAs themselves; everything is good until it is told otherwise. */
export async function createTestResponder(options: TestResponderOptions = {}): Promise<TestResponder> {
  const { clock = systemClock, validity = hour } = options;
  const issuers = [...(options.issuers ?? [])];
  const told = new Map<bigint, KnownStatus>();
  const requests: ReceivedRequest[] = [];
  let behaviour: ResponderBehaviour = 'ANSWER';

  const period = (): { thisUpdate: Date; nextUpdate: Date } => {
    const now = Math.floor(clock.now().getTime() / 1000) * 1000;
    return { thisUpdate: new Date(now), nextUpdate: new Date(now + validity) };
  };

  const answerOcsp = (octets: Uint8Array): Buffer => {
    const { certId, serialNumber, issuerKeyHash, nonce } = readOcspRequest(octets);
    requests.push({ kind: 'OCSP', serialNumber });
    const signer = issuers.find(
      ({ certificate }) => octetsOf(certificate).keyHash.toString('hex') === issuerKeyHash,
    );
    if (signer === undefined) return makeOcspError(OCSPResponseStatus.unauthorized);
    const status = told.get(serialNumber) ?? { status: 'GOOD' };
    return makeOcspAnswer({ certId, status, signer, nonce, ...period() });
  };

  const answerCrl = (fingerprint: string): Buffer | undefined => {
    const issuer = issuers.find(({ certificate }) => certificate.fingerprint === fingerprint);
    if (issuer === undefined) return undefined;
    requests.push({ kind: 'CRL' });
    const entries = [...told].flatMap(([serialNumber, known]) =>
      known.status === 'REVOKED' ? [{ serialNumber, at: known.at, reason: known.reason }] : [],
    );
    return makeCrl({ issuer, entries, ...period() });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = new Uint8Array(await buffer(request));
    const [, room, fingerprint = ''] = (request.url ?? '').split('/');
    const octets = room === 'ocsp' ? answerOcsp(body) : room === 'crl' ? answerCrl(fingerprint) : undefined;
    if (behaviour === 'HANG') return;
    if (behaviour === 'HANG_UP') {
      request.socket.destroy();
      return;
    }
    response.statusCode = octets === undefined ? 404 : behaviour === 'ERROR' ? 500 : 200;
    response.end(behaviour === 'GARBAGE' ? 'no such thing' : octets);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.statusCode = 400;
      response.end(String(error));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const crlUrlOf = ({ fingerprint }: Certificate): string => `${base}/crl/${fingerprint}`;

  return {
    ocspUrl: `${base}/ocsp`,
    get crlUrl() {
      const [first] = issuers;
      if (first === undefined) throw new Error('The responder has no CA yet.');
      return crlUrlOf(first.certificate);
    },
    requests,
    add: (issuer) => issuers.push(issuer),
    crlUrlOf,
    revoke: (serialNumber, { at, reason } = {}) => {
      told.set(serialNumber, { status: 'REVOKED', at: at ?? clock.now(), reason });
    },
    restore: (serialNumber) => told.delete(serialNumber),
    forget: (serialNumber) => told.set(serialNumber, { status: 'UNKNOWN' }),
    behave: (next) => {
      behaviour = next;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
