import { describe, expect, it } from 'vitest';
import { getNamedType, isObjectType } from 'graphql';
import { partnerRoles } from '@chargegraph/identity';
import { contextOf, eventAt, supergraph } from '../../graph.fixture.ts';
import { commonFields, eventFields } from '../event-source.ts';
import { operatorEvents } from './operator-events.ts';

const { mayHear, matcherOf, factsOf, factSelections = {} } = operatorEvents;
const written = { day: '2026-03-01', pools: [], missingPools: ['rcp'], urgent: [] };
const event = eventAt(3, { type: 'OPERATOR_EXPIRY_DIGEST', facts: factsOf(written) });

describe('an event for the operator', () => {
  it('tells every field that counts as a fact', () => {
    const fields = eventFields(operatorEvents, event);
    expect(Object.keys(fields)).toEqual(['__typename', ...commonFields, ...operatorEvents.facts]);
    expect(fields).toMatchObject(written);
  });

  it('is read from the log with all fields of what its facts are made of', () => {
    const wordsIn = (text: string) => text.match(/\w+/g) ?? [];
    const fieldsBelow = (typeName: string): string[] => {
      const type = supergraph.apiSchema.getType(typeName);
      if (!isObjectType(type)) return [];
      return Object.values(type.getFields()).flatMap((field) => [
        field.name,
        ...fieldsBelow(getNamedType(field.type).name),
      ]);
    };
    expect(wordsIn(factSelections['pools'] ?? '').sort()).toEqual(fieldsBelow('PoolExpiry').sort());
    expect(wordsIn(factSelections['urgent'] ?? '').sort()).toEqual(fieldsBelow('EndingCertificate').sort());
  });

  it('is for the operator and for services', () => {
    expect(mayHear(contextOf('OPERATOR').caller, event)).toBe(true);
    expect(mayHear(contextOf('SERVICE').caller, event)).toBe(true);
    for (const role of partnerRoles.filter((each) => each !== 'OPERATOR')) {
      expect(mayHear(contextOf(role).caller, event)).toBe(false);
    }
  });

  it('is narrowed by type', () => {
    for (const where of [undefined, null, {}, { type: null }, { type: ['OPERATOR_EXPIRY_DIGEST'] }]) {
      expect(matcherOf(where)(event)).toBe(true);
    }
    expect(matcherOf({ type: [] })(event)).toBe(false);
  });
});
