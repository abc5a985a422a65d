import { describe, expect, it } from 'vitest';
import { partnerRoles, type Caller, type Role } from '@chargegraph/identity';
import { contextOf, eventAt, pcid } from '../../graph.fixture.ts';
import { commonFields, eventFields } from '../event-source.ts';
import { provisioningCertificateEvents } from './provisioning-certificate-events.ts';

const { mayHear, matcherOf, factsOf } = provisioningCertificateEvents;
const spelled = 'WVWzzz1jz3w386752';
const written = {
  pcid,
  commonName: spelled,
  wmi: 'WVW',
  namespace: 'ISO15118_2',
  fingerprint: 'f'.repeat(64),
  previousFingerprint: null,
  keyChanged: true,
  notAfter: '2030-01-01T00:00:00.000Z',
  epoch: '7',
};
const event = eventAt(3, { type: 'PROVISIONING_CERTIFICATE_UPDATED', facts: factsOf(written) });

describe('an event of a provisioning certificate', () => {
  it('tells the car as its certificate spells it, and every field that counts as a fact', () => {
    const fields = eventFields(provisioningCertificateEvents, event);
    expect(Object.keys(fields)).toEqual([
      '__typename',
      ...commonFields,
      ...provisioningCertificateEvents.facts,
    ]);
    expect(fields).toMatchObject({ pcid: spelled, namespace: 'ISO15118_2', keyChanged: true, epoch: '7' });
  });

  it('from before there were epochs has the epoch 0', () => {
    const { epoch: _, ...older } = written;
    expect(factsOf(older)).toMatchObject({ pcid: spelled, epoch: '0' });
  });

  it('is for the operator, for services and for the maker of the car, whatever the spelling', () => {
    const caller = (role: Role, ...wmis: string[]): Caller => ({
      ...contextOf(role).caller,
      wmis: new Set(wmis),
    });
    expect(mayHear(caller('OPERATOR'), event)).toBe(true);
    expect(mayHear(caller('SERVICE'), event)).toBe(true);
    expect(mayHear(caller('OEM', 'WVW'), event)).toBe(true);
    const lower = eventAt(1, { facts: { ...event.facts, pcid: pcid.toLowerCase() } });
    expect(mayHear(caller('OEM', 'WVW'), lower)).toBe(true);
    expect(mayHear(caller('OEM', 'WAU'), event)).toBe(false);
    expect(mayHear(caller('OEM', 'WVW'), eventAt(1, { facts: {} }))).toBe(false);
    const others = partnerRoles.filter((role) => role !== 'OEM' && role !== 'OPERATOR');
    for (const role of others) expect(mayHear(caller(role, 'WVW'), event)).toBe(false);
  });
});

describe('a filter of provisioning certificate events', () => {
  it('lets everything through that it has no condition on', () => {
    for (const where of [undefined, null, {}, { type: null, pcid: null, namespace: null }]) {
      expect(matcherOf(where)(event)).toBe(true);
    }
  });

  it('joins its conditions with and, and finds a car by any spelling', () => {
    const where = {
      type: ['PROVISIONING_CERTIFICATE_UPDATED'],
      pcid: pcid.toLowerCase(),
      namespace: 'ISO15118_2',
    };
    expect(matcherOf(where)(event)).toBe(true);
    expect(matcherOf({ ...where, type: [] })(event)).toBe(false);
    expect(matcherOf({ ...where, pcid: 'WVWZZZ1JZ3W386753' })(event)).toBe(false);
    expect(matcherOf({ ...where, namespace: 'ISO15118_20' })(event)).toBe(false);
  });

  it('is refused naming a PCID that is none', () => {
    expect(() => matcherOf({ pcid: 'short' })).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', inputPath: ['where', 'pcid'] }) as Error,
    );
  });
});
