/** How a websocket is closed. */
export interface CloseCode {
  readonly code: number;
  readonly reason: string;
}

/**
 * Why the gateway closes a websocket. The stock graphql-ws client gives up after 4401, 4409 and 4429 and connects
 * again after the others, so a code of ours is used wherever it should.
 */
export const closeCodes = {
  /** No token, or none of ours: connecting again with the same one would not help. */
  unauthorized: { code: 4401, reason: 'Unauthorized' },
  /** The token has ended: connect again with a new one and the last cursor. */
  tokenEnded: { code: 4403, reason: 'Token ended' },
  /** What the client may do has changed: connect again, with the last cursor. */
  rightsChanged: { code: 4403, reason: 'Rights changed, reconnect with your cursor' },
  /** This gateway stops: connect again, with the last cursor. */
  drain: { code: 4450, reason: 'Going away, reconnect with your cursor' },
  /** A newer connection has the named consumer: whoever connects again takes it from that one. */
  takenOver: { code: 4452, reason: 'Taken over by a newer connection' },
  /** The operator set the named consumer back: connect again, with it. */
  setBack: { code: 4453, reason: 'Consumer set back, reconnect with it' },
  /** The client has as many sockets as it may: connect again, with the last cursor, when one of them is closed. */
  tooManySockets: { code: 4458, reason: 'Too many sockets of this client' },
  /** The gateway cannot tell at the moment who calls, or whether the named consumer is still its: connect again, with the last cursor. */
  unavailable: { code: 4459, reason: 'Unavailable, reconnect with your cursor' },
} as const satisfies Record<string, CloseCode>;
