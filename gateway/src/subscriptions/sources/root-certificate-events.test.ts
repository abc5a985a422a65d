import { describe, expect, it } from 'vitest';
import { partnerRoles } from '@chargegraph/identity';
import { contextOf, eventAt } from '../../graph.fixture.ts';
import { commonFields, eventFields } from '../event-source.ts';
import { rootCertificateEvents } from './root-certificate-events.ts';

const { mayHear, matcherOf, factsOf } = rootCertificateEvents;
const fingerprint = 'ab'.repeat(32);
const written = {
  fingerprint,
  type: 'V2G',
  subject: 'CN=V2G Root,O=Test',
  notAfter: '2040-01-01T00:00:00.000Z',
  reason: 'The key was lost.',
};
const event = eventAt(3, { type: 'ROOT_CERT_REMOVED', facts: factsOf(written) });

describe('an event of a root certificate', () => {
  it('tells every field that counts as a fact, and what it was a root of beside what happened', () => {
    const fields = eventFields(rootCertificateEvents, event);
    expect(Object.keys(fields)).toEqual(['__typename', ...commonFields, ...rootCertificateEvents.facts]);
    const { type: rootType, ...others } = written;
    expect(fields).toMatchObject({ ...others, type: 'ROOT_CERT_REMOVED', rootType });
  });

  it('without a reason tells none', () => {
    const { reason: _, ...others } = written;
    const added = eventAt(1, { type: 'ROOT_CERT_ADDED', facts: factsOf(others) });
    expect(eventFields(rootCertificateEvents, added)).toMatchObject({ fingerprint, reason: null });
  });

  it('is for everybody with a role of a partner, for services, and for nobody else', () => {
    for (const role of [...partnerRoles, 'SERVICE' as const]) {
      expect(mayHear(contextOf(role).caller, event)).toBe(true);
    }
    expect(mayHear(contextOf().caller, event)).toBe(false);
  });
});

describe('a filter of root certificate events', () => {
  it('lets everything through that it has no condition on', () => {
    for (const where of [undefined, null, {}, { type: null, fingerprint: null, rootType: null }]) {
      expect(matcherOf(where)(event)).toBe(true);
      expect(matcherOf(where)(eventAt(4, { facts: {} }))).toBe(true);
    }
  });

  it('joins its conditions with and, and finds a root by any spelling of its fingerprint', () => {
    const where = {
      type: ['ROOT_CERT_REMOVED'],
      fingerprint: fingerprint.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:'),
      rootType: ['OEM', 'V2G'],
    };
    expect(matcherOf(where)(event)).toBe(true);
    expect(matcherOf({ ...where, type: ['ROOT_CERT_ADDED'] })(event)).toBe(false);
    expect(matcherOf({ ...where, fingerprint: 'cd'.repeat(32) })(event)).toBe(false);
    expect(matcherOf({ ...where, rootType: ['MO'] })(event)).toBe(false);
    expect(matcherOf({ ...where, rootType: [] })(event)).toBe(false);
    expect(matcherOf({ rootType: ['V2G'] })(eventAt(1, { facts: {} }))).toBe(false);
  });

  it('is refused naming a fingerprint that is none', () => {
    expect(() => matcherOf({ fingerprint: 'short' })).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', inputPath: ['where', 'fingerprint'] }) as Error,
    );
  });
});
