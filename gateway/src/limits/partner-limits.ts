import { hasAnyRole, ownsVehicle, type Caller } from '@chargegraph/identity';
import { ChargeGraphError } from '@chargegraph/service';
import { amountOf } from '../graph/amount.ts';
import type { Variables } from '../graph/executor.ts';
import type { PreparedOperation } from '../graph/operation.ts';
import type { GatewayLimits } from './gateway-limits.ts';
import { RateLimited, type Balance, type Meters } from './meter.ts';

/** What an operation cost, and what its client has left. */
export interface Cost {
  readonly requested: number;
  /** Undefined when costs have no rate limit. */
  readonly balance: (Balance & { readonly limit: number }) | undefined;
}

/** One operation of a partner on its way through the limits. */
export interface Passage {
  /**
   * Lets an operation pass that may run by its text, its variables and its caller's roles, and charges its cost.
   *
   * @throws ChargeGraphError LIMIT_EXCEEDED
   */
  admit(prepared: PreparedOperation, variables: Variables): Promise<void>;
  /** To be called when it ends: one that was refused costs 1. Resolves with the rate limit that it met, if any. */
  end(): Promise<RateLimited | undefined>;
  /** What it cost; undefined when it was not let pass. */
  readonly cost: Cost | undefined;
}

/** The limits of what partners ask for, on every door; calls between pools do not come by here. */
export interface PartnerLimits {
  enter(caller: Caller): Passage;
}

const refusedCost = 1;

/** The limits by cost, by cars looked up, and by rate. */
export function createPartnerLimits(limits: GatewayLimits, meters: Meters): PartnerLimits {
  // What costs more than a minute's worth could never run: waiting for the next minute, as a rate limit says, is in vain.
  const maxCost = limits.maxCost > 0 ? limits.maxCost : limits.costPerMinute;
  const costs = meters.meter({
    name: 'cost',
    perMinute: limits.costPerMinute,
    sentence: `A client may spend a cost of ${limits.costPerMinute} a minute, and this one has.`,
  });
  const lookUps = meters.meter({
    name: 'look-ups',
    perMinute: limits.lookUpsPerMinute,
    sentence: `A client may look up ${limits.lookUpsPerMinute} cars of others a minute, and this one has.`,
  });

  /** Refuses an MO more than one car of others; resolves with how many of others are looked up. */
  const checkLookUps = (caller: Caller, prepared: PreparedOperation, variables: Variables): number => {
    if (prepared.lookUps === undefined || !mayReadAnyCar(caller)) return 0;
    const foreign = prepared
      .lookUps(variables)
      .flat()
      .filter((pcid) => !ownsVehicle(caller, pcid.slice(0, 3)));
    if (foreign.length > 1 && isMobilityOperator(caller)) {
      throw new ChargeGraphError(
        'LIMIT_EXCEEDED',
        `An operation of a mobility operator may hold 1 root field that takes a PCID; this one holds ${foreign.length}.`,
      );
    }
    return foreign.length;
  };

  return {
    enter(caller) {
      let charged = false;
      let cost: Cost | undefined;
      let met: RateLimited | undefined;
      const meeting = (error: unknown): never => {
        if (error instanceof RateLimited) met = error;
        throw error;
      };
      return {
        get cost() {
          return cost;
        },
        async admit(prepared, variables) {
          const requested = amountOf(prepared.cost, variables);
          if (maxCost > 0 && requested > maxCost) {
            throw new ChargeGraphError(
              'LIMIT_EXCEEDED',
              `The operation costs ${requested}; at most ${maxCost} is allowed. Ask for shorter pages or fewer fields.`,
            );
          }
          const cars = checkLookUps(caller, prepared, variables);
          charged = true;
          const [balance] = await Promise.all([
            costs.spend(caller.clientId, requested),
            cars > 0 ? lookUps.spend(caller.clientId, cars) : undefined,
          ]).catch(meeting);
          cost = { requested, balance: balance && { ...balance, limit: limits.costPerMinute } };
        },
        async end() {
          if (!charged) {
            charged = true;
            await costs.spend(caller.clientId, refusedCost).catch((error: unknown) => {
              if (!(error instanceof RateLimited)) throw error;
              met = error;
            });
          }
          return met;
        },
      };
    },
  };
}

const isMobilityOperator = (caller: Caller) => hasAnyRole(caller, ['MO_EXTERNAL_PKI', 'MO_V2G_PKI']);

/** Who may read a car of any car maker by its PCID; the operator may list them anyway. */
const mayReadAnyCar = (caller: Caller) =>
  !caller.roles.has('OPERATOR') && (isMobilityOperator(caller) || caller.roles.has('CPS'));
