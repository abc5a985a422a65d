import { describe, expect, it } from 'vitest';
import type { Role } from '@chargegraph/identity';
import { silentLogger } from '@chargegraph/service';
import { contextOf, supergraph } from '../graph.fixture.ts';
import { createPreparer } from '../graph/operation.ts';
import { defaultLimits, type GatewayLimits } from './gateway-limits.ts';
import { createMeters, RateLimited } from './meter.ts';
import { createPartnerLimits } from './partner-limits.ts';

const prepare = createPreparer(supergraph);
const limitsWith = (changes: Partial<GatewayLimits> = {}) =>
  createPartnerLimits({ ...defaultLimits, ...changes }, createMeters({ logger: silentLogger }));
/** The fixture's caller owns the WMI WVW. */
const callerWith = (roles: readonly Role[], clientId = 'test') => ({
  ...contextOf(...roles).caller,
  clientId,
});
const own = 'vehicleExists(pcid: "WVWZZZ1JZ3W386752")';
const foreign = 'vehicleExists(pcid: "WBAZZZ1JZ3W386752")';

async function outcome(
  limits: ReturnType<typeof limitsWith>,
  caller: ReturnType<typeof callerWith>,
  query: string,
): Promise<string> {
  const passage = limits.enter(caller);
  try {
    await passage.admit(prepare(query), {});
    return 'admitted';
  } catch (error) {
    expect(error).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    return (error as Error).message;
  } finally {
    await passage.end();
  }
}

const tooMany =
  'An operation of a mobility operator may hold 1 root field that takes a PCID; this one holds 2.';

describe('an operation of a mobility operator', () => {
  it.each<[string, readonly Role[], string, string]>([
    ['one car', ['MO_EXTERNAL_PKI'], foreign, 'admitted'],
    ['two cars', ['MO_EXTERNAL_PKI'], `a: ${foreign} b: ${foreign}`, tooMany],
    ['two cars', ['MO_V2G_PKI'], `a: ${foreign} b: ${foreign}`, tooMany],
    // Without the role OEM, the WMI gives nothing.
    ['cars of its WMI', ['MO_V2G_PKI'], `a: ${own} b: ${own}`, tooMany],
    ['own cars, being OEM too', ['MO_V2G_PKI', 'OEM'], `a: ${own} b: ${own} c: ${foreign}`, 'admitted'],
    ['foreign cars, being OEM too', ['MO_V2G_PKI', 'OEM'], `a: ${foreign} b: ${foreign}`, tooMany],
    ['two cars, being the operator', ['MO_V2G_PKI', 'OPERATOR'], `a: ${foreign} b: ${foreign}`, 'admitted'],
    ['two cars, being an OEM', ['OEM'], `a: ${foreign} b: ${foreign}`, 'admitted'],
  ])('that looks up %s (%j)', async (_, roles, fields, expected) => {
    expect(await outcome(limitsWith(), callerWith(roles), `{ ${fields} }`)).toBe(expected);
  });
});

describe('look-ups of cars', () => {
  const limits = limitsWith({ lookUpsPerMinute: 2 });
  const mo = callerWith(['MO_V2G_PKI'], 'mo');

  it('have a rate of their own, for whoever may look up foreign cars', async () => {
    expect(await outcome(limits, mo, `{ ${foreign} }`)).toBe('admitted');
    expect(await outcome(limits, mo, `{ ${foreign} }`)).toBe('admitted');
    expect(await outcome(limits, mo, `{ ${foreign} }`)).toMatch(/^A client may look up 2 cars of others/);
    expect(await outcome(limits, mo, '{ rootCertificates(first: 1) { totalCount } }')).toBe('admitted');
    const cps = callerWith(['CPS'], 'cps');
    expect(await outcome(limits, cps, `{ a: ${foreign} b: ${foreign} }`)).toBe('admitted');
    expect(await outcome(limits, cps, `{ ${foreign} }`)).toMatch(/^A client may look up/);
  });

  it('are free for own cars, and for links from contracts', async () => {
    const oem = callerWith(['OEM', 'MO_V2G_PKI'], 'oem');
    for (let n = 0; n < 4; n++) expect(await outcome(limits, oem, `{ ${own} }`)).toBe('admitted');
    const link = '{ contract(emaid: "DE8AACA2B3C4D5") { provisioningCertificate { pcid } } }';
    for (let n = 0; n < 4; n++) expect(await outcome(limits, oem, link)).toBe('admitted');
  });
});

describe('the cost that a client may spend', () => {
  it('in one operation is bounded, and the refusal names cost and bound', async () => {
    const caller = callerWith(['OEM']);
    expect(await outcome(limitsWith({ maxCost: 2 }), caller, `{ a: ${own} b: ${own} }`)).toBe('admitted');
    const three = `{ a: ${own} b: ${own} c: ${own} }`;
    expect(await outcome(limitsWith({ maxCost: 2 }), caller, three)).toMatch(
      /^The operation costs 3; at most 2 is allowed\./,
    );
    expect(await outcome(limitsWith({ maxCost: 0 }), caller, three)).toBe('admitted');
  });

  it('beyond a whole minute’s is refused as too much, not to be tried again later', async () => {
    const caller = callerWith(['OEM']);
    const limits = limitsWith({ maxCost: 0, costPerMinute: 2 });
    expect(await outcome(limits, caller, `{ a: ${own} b: ${own} c: ${own} }`)).toMatch(
      /^The operation costs 3; at most 2 is allowed\./,
    );
    expect(await outcome(limitsWith({ maxCost: 0, costPerMinute: 0 }), caller, `{ ${own} }`)).toBe(
      'admitted',
    );
  });

  it('in a minute is bounded, and what an operation cost is told', async () => {
    const limits = limitsWith({ costPerMinute: 5 });
    const caller = callerWith(['OEM']);
    const passage = limits.enter(caller);
    await passage.admit(prepare(`{ a: ${own} b: ${own} }`), {});
    expect(passage.cost).toMatchObject({ requested: 2, balance: { limit: 5, remaining: 3 } });
    expect(await passage.end()).toBeUndefined();
    expect(await outcome(limits, caller, `{ a: ${own} b: ${own} c: ${own} }`)).toBe('admitted');
    expect(await outcome(limits, caller, `{ ${own} }`)).toMatch(/^A client may spend a cost of 5 a minute/);
    expect(await outcome(limits, callerWith(['OEM'], 'another'), `{ ${own} }`)).toBe('admitted');
  });

  it('is spent by refused operations too, 1 each', async () => {
    const limits = limitsWith({ costPerMinute: 2 });
    const end = () => limits.enter(callerWith(['OEM'])).end();
    expect(await end()).toBeUndefined();
    expect(await end()).toBeUndefined();
    expect(await end()).toBeInstanceOf(RateLimited);
  });

  it('is told without a balance where there is no rate', async () => {
    const passage = limitsWith({ costPerMinute: 0 }).enter(callerWith(['OEM']));
    await passage.admit(prepare(`{ ${own} }`), {});
    expect(passage.cost).toEqual({ requested: 1, balance: undefined });
  });
});
