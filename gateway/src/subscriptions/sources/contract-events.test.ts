import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partnerRoles, type Caller, type Role } from '@chargegraph/identity';
import { decodeCursor } from '@chargegraph/events';
import { contextOf, eventAt, logId, pcid } from '../../graph.fixture.ts';
import { commonFields, cursorOf, eventFields } from '../event-source.ts';
import { contractEvents } from './contract-events.ts';

const { mayHear, matcherOf } = contractEvents;

describe('an event', () => {
  it('has a cursor that names its place', () => {
    expect(decodeCursor(cursorOf(contractEvents, eventAt(7)))).toEqual({ pool: 'ccp', logId, position: 7 });
  });

  it('tells every field that counts as a fact', () => {
    const fields = eventFields(contractEvents, eventAt(7));
    expect(Object.keys(fields)).toEqual(['__typename', ...commonFields, ...contractEvents.facts]);
    for (const value of Object.values(fields)) expect(value).toBeDefined();
  });

  it('tells which signer ends, and nothing of that in an event of another type', () => {
    const ending = {
      signerFingerprint: 'ab'.repeat(32),
      signerEndsAt: '2027-01-01T00:00:00.000Z',
      v2gRootFingerprint: 'cd'.repeat(32),
    };
    const { facts } = eventAt(1);
    const type = 'MO_CONTRACT_SIGNER_ENDING';
    expect(eventFields(contractEvents, eventAt(1, { type, facts: { ...facts, ...ending } }))).toMatchObject(
      ending,
    );
    expect(eventFields(contractEvents, eventAt(1))).toMatchObject({
      signerFingerprint: null,
      signerEndsAt: null,
      v2gRootFingerprint: null,
    });
  });

  it('is for the operator, for services and for the maker of the car', () => {
    const caller = (role: Role, ...wmis: string[]): Caller => ({
      ...contextOf(role).caller,
      wmis: new Set(wmis),
    });
    expect(mayHear(caller('OPERATOR'), eventAt(1))).toBe(true);
    expect(mayHear(caller('SERVICE'), eventAt(1))).toBe(true);
    expect(mayHear(caller('OEM', 'WAU', 'WVW'), eventAt(1))).toBe(true);
    expect(mayHear(caller('OEM', 'WAU'), eventAt(1))).toBe(false);
    expect(mayHear(caller('OEM'), eventAt(1))).toBe(false);
    const others = partnerRoles.filter((role) => role !== 'OEM' && role !== 'OPERATOR');
    for (const role of others) expect(mayHear(caller(role, 'WVW'), eventAt(1))).toBe(false);
  });

  it('is for the contract’s mobility operator when it is told to that one, whatever the spelling', () => {
    const mobility = (role: Role, ...providerIds: string[]): Caller => ({
      ...contextOf(role).caller,
      providerIds: new Set(providerIds),
    });
    const told = eventAt(1, { type: 'MO_PROV_CERT_DELETED' });
    expect(mayHear(mobility('OPERATOR'), told)).toBe(true);
    expect(mayHear(mobility('MO_EXTERNAL_PKI', 'DE8AA'), told)).toBe(true);
    expect(mayHear(mobility('MO_V2G_PKI', 'FRXYZ', 'DE8AA'), told)).toBe(true);
    const spelled = eventAt(1, { ...told, facts: { ...told.facts, emaid: 'de-8aa-ca2b3c4d5' } });
    expect(mayHear(mobility('MO_V2G_PKI', 'DE8AA'), spelled)).toBe(true);
    expect(mayHear(mobility('MO_EXTERNAL_PKI', 'FRXYZ'), told)).toBe(false);
    expect(mayHear(mobility('MO_EXTERNAL_PKI'), told)).toBe(false);
    expect(mayHear(mobility('CPO', 'DE8AA'), told)).toBe(false);
    expect(mayHear(mobility('OEM', 'DE8AA'), told)).toBe(false);
    expect(mayHear(mobility('MO_EXTERNAL_PKI', 'DE8AA'), eventAt(1))).toBe(false);
    expect(mayHear(mobility('MO_EXTERNAL_PKI', 'DE8AA'), eventAt(1, { type: 'MO_X', facts: {} }))).toBe(
      false,
    );
    expect(mayHear(mobility('MO_EXTERNAL_PKI', 'DE8AA'), eventAt(1, { type: 'X_CONTRACT' }))).toBe(false);
  });

  it('is not for the car’s maker when it is told to another party, or names no car', () => {
    const { caller } = contextOf('OEM');
    expect(mayHear(caller, eventAt(1, { type: 'MO_CONTRACT_CREATED' }))).toBe(false);
    expect(mayHear(caller, eventAt(1, { facts: {} }))).toBe(false);
    expect(mayHear(caller, eventAt(1, { facts: { pcid: pcid.toLowerCase() } }))).toBe(true);
  });
});

describe('a filter of events', () => {
  const event = eventAt(1);

  it.each([undefined, null, {}, { type: null, pcid: null, emaid: null }])(
    '%j lets everything through',
    (where) => {
      expect(matcherOf(where)(event)).toBe(true);
      expect(matcherOf(where)(eventAt(2, { facts: {} }))).toBe(true);
    },
  );

  it('of types lets those through', () => {
    expect(matcherOf({ type: ['OEM_CONTRACT_DELETED', 'OEM_CONTRACT_CREATED'] })(event)).toBe(true);
    expect(matcherOf({ type: ['OEM_CONTRACT_DELETED'] })(event)).toBe(false);
    expect(matcherOf({ type: [] })(event)).toBe(false);
  });

  it('joins its conditions with and', () => {
    const where = { type: ['OEM_CONTRACT_CREATED'], pcid, emaid: 'DE8AACA2B3C4D5' };
    expect(matcherOf(where)(event)).toBe(true);
    expect(matcherOf({ ...where, emaid: 'DE8AACA2B3C4D6' })(event)).toBe(false);
    expect(matcherOf({ ...where, pcid: 'WVWZZZ1JZ3W386753' })(event)).toBe(false);
    expect(matcherOf(where)(eventAt(1, { facts: {} }))).toBe(false);
  });

  it('finds a car and a contract by any spelling, of the filter and of the event', () => {
    const spelled = (text: string) =>
      fc
        .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
        .map((lower) =>
          Array.from(text, (letter, index) => (lower[index] === true ? letter.toLowerCase() : letter)).join(
            '',
          ),
        );
    const hyphened = (text: string) =>
      fc
        .tuple(spelled(text), fc.integer({ min: 1, max: text.length - 1 }), fc.constantFrom('', '0', 'D'))
        .map(([spelling, at, digit]) => `${spelling.slice(0, at)}-${spelling.slice(at)}${digit}`);
    const emaid = 'DE8AACA2B3C4D5';
    fc.assert(
      fc.property(
        spelled(pcid),
        spelled(pcid),
        hyphened(emaid),
        hyphened(emaid),
        (car, itsCar, id, itsId) => {
          const spelledEvent = eventAt(1, { facts: { pcid: itsCar, emaid: itsId, namespaces: [] } });
          expect(matcherOf({ pcid: car })(spelledEvent)).toBe(true);
          expect(matcherOf({ emaid: id })(spelledEvent)).toBe(true);
          expect(matcherOf({ pcid: car, emaid: id })(spelledEvent)).toBe(true);
        },
      ),
    );
  });

  it.each([
    ['pcid', { pcid: 'short' }],
    ['pcid', { pcid: '' }],
    ['emaid', { emaid: 'short' }],
  ])('is refused naming `%s`: %j', (name, where) => {
    expect(() => matcherOf(where)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', inputPath: ['where', name] }) as Error,
    );
  });
});
