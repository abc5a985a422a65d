import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** How many refusals are recorded one by one. */
export interface RefusalLimits {
  /** Of one client within a window. */
  readonly perClient: number;
  /** Of all clients within a window: bounds what is remembered of clients that nobody has heard of. */
  readonly overall: number;
  readonly windowSeconds: number;
}

/** The limits when nothing else is given. */
export const defaultRefusalLimits: RefusalLimits = { perClient: 60, overall: 1_200, windowSeconds: 60 };

/** Over which limit a refusal is, and how long that lasts. */
export interface OverLimit {
  /** The client's own limit, or that of all. */
  readonly of: 'client' | 'all';
  readonly milliseconds: number;
}

/** Says of each refusal whether it is within the limits; undefined when it is. */
export function createRefusalLimit({
  perClient,
  overall,
  windowSeconds,
}: RefusalLimits): (client: string) => Promise<OverLimit | undefined> {
  const ofClient = new RateLimiterMemory({ points: perClient, duration: windowSeconds });
  const ofAll = new RateLimiterMemory({ points: overall, duration: windowSeconds });

  const consume = async (limiter: RateLimiterMemory, key: string): Promise<number | undefined> => {
    try {
      await limiter.consume(key);
      return undefined;
    } catch (error) {
      if (error instanceof RateLimiterRes) return error.msBeforeNext;
      throw error;
    }
  };

  const decide = async (client: string): Promise<OverLimit | undefined> => {
    // A client that is over its own limit takes nothing from the others'.
    const known = await ofClient.get(client);
    if (known !== null && known.consumedPoints >= perClient) {
      return { of: 'client', milliseconds: known.msBeforeNext };
    }
    const allOver = await consume(ofAll, 'all');
    if (allOver !== undefined) return { of: 'all', milliseconds: allOver };
    const clientOver = await consume(ofClient, client);
    return clientOver === undefined ? undefined : { of: 'client', milliseconds: clientOver };
  };
  // One after the other: of many that come at once, those beyond the client's limit must not use up that of all.
  let turn: Promise<OverLimit | undefined> = Promise.resolve(undefined);
  return (client) => {
    const next = () => decide(client);
    turn = turn.then(next, next);
    return turn;
  };
}
