import { describe, expect, it } from 'vitest';
import type { RefusedWrite } from '@chargegraph/audit';
import { contextOf, supergraph } from '../graph.fixture.ts';
import { createRefusedWrites, type StoppedOperation } from './refused-writes.ts';

const { caller } = contextOf('OPERATOR');
const limit = { message: 'Too much.', extensions: { code: 'LIMIT_EXCEEDED', traceId: 't' } };
const fingerprint = 'a1'.repeat(32);

/** What is recorded of an operation that was answered with these errors. */
function recorded(
  operation: Partial<StoppedOperation>,
  errors: readonly { message: string; extensions?: Record<string, unknown> }[] = [limit],
  maxTokens = 200,
) {
  const told: (Omit<RefusedWrite, 'object'> & { object: string })[] = [];
  const refusals = {
    record: ({ object, ...rest }: RefusedWrite) => told.push({ ...rest, object: object() }),
  };
  const writes = createRefusedWrites({
    supergraph,
    refusals: { record: (each) => void refusals.record(each) },
    maxTokens,
  });
  writes.tell({ query: '', variables: {}, caller, traceId: 'trace', ...operation }, errors);
  return told;
}

const remove = `mutation Remove($fingerprint: SHA256Fingerprint!) {
  removeRootCertificate(input: {fingerprint: $fingerprint, reason: "old"}) { removedFingerprint }
}`;
const deletion = (alias: string, emaid: string) =>
  `${alias}: deleteContract(input: {emaid: "${emaid}"}) { deletedEmaid }`;

describe('a write that the gateway refuses', () => {
  it('is told with who, what, on what, why and under which trace id', () => {
    expect(recorded({ query: remove, variables: { fingerprint } })).toEqual([
      {
        act: { clientId: 'test', organisation: 'Test', traceId: 'trace' },
        action: 'removeRootCertificate',
        object: `RootCertificate ${fingerprint}`,
        code: 'LIMIT_EXCEEDED',
        detail: 'Too much.',
      },
    ]);
  });

  it('names its object in the spelling in which a write of it is recorded', () => {
    const spelt = (fingerprint.toUpperCase().match(/../g) ?? []).join(':');
    expect(recorded({ query: remove, variables: { fingerprint: spelt } })).toMatchObject([
      { object: `RootCertificate ${fingerprint}` },
    ]);
    const byDefault = remove.replace('Fingerprint!', `Fingerprint! = "${fingerprint}"`);
    expect(recorded({ query: byDefault, variables: null })).toMatchObject([
      { object: `RootCertificate ${fingerprint}` },
    ]);
  });

  it('is one record an operation: the mutations, and what they name, each once', () => {
    const query = `mutation { ${deletion('a', 'DE-ABC-C00000001')} ...F ${deletion('c', 'DEABCC00000001')} }
      fragment F on Mutation { ${deletion('b', 'DEABCC00000002')} factoryResetVehicle(input: {pcid: "x"}) { __typename } }`;
    expect(recorded({ query })).toMatchObject([
      {
        action: 'deleteContract, factoryResetVehicle',
        object: 'Contract DEABCC00000001, Contract DEABCC00000002',
      },
    ]);
  });

  it('says nothing of its object where the input does not fit', () => {
    for (const variables of [{}, { fingerprint: 1 }, { fingerprint: 'x' }, 'text', undefined]) {
      expect(recorded({ query: remove, variables })).toMatchObject([
        { action: 'removeRootCertificate', object: '' },
      ]);
    }
  });

  it('is the operation that was to run', () => {
    const query = `query Q { __typename } mutation M { ${deletion('a', 'DEABCC00000001')} }`;
    expect(recorded({ query, operationName: 'M' })).toHaveLength(1);
    expect(recorded({ query, operationName: 'Q' })).toEqual([]);
    expect(recorded({ query })).toEqual([]);
  });

  it('is known by its beginning when it has too many tokens', () => {
    const many = Array.from({ length: 100 }, (_, index) => deletion(`a${String(index)}`, 'DEABCC00000001'));
    expect(recorded({ query: `mutation { ${many.join(' ')} }` })).toMatchObject([
      { action: 'deleteContract', object: '' },
    ]);
    expect(recorded({ query: `query { ${many.join(' ')} }` })).toEqual([]);
  });

  it('tells all that it was refused for', () => {
    const errors = [limit, { message: 'And too deep.', extensions: { code: 'LIMIT_EXCEEDED' } }];
    expect(recorded({ query: remove }, errors)).toMatchObject([{ detail: 'Too much. And too deep.' }]);
  });

  it.each([
    ['a query', '{ rootCertificates(first: 1) { totalCount } }'],
    ['a subscription', 'subscription { contractEvents { id } }'],
    [
      'what answers a car',
      'mutation { requestCertificateInstallation(input: {certificateInstallationReq: ""}) { reason } }',
    ],
    ['what the schema does not have', 'mutation { dropEverything constructor toString }'],
    ['no GraphQL', 'mutation { deleteContract('],
    ['nothing', ''],
    ['no text', 7],
    ['no text at all', undefined],
  ])('is not %s', (_, query) => {
    expect(recorded({ query })).toEqual([]);
  });

  it('is none when it did not fit the schema, its time was up, or somebody was at fault', () => {
    for (const code of [
      'BAD_INPUT',
      'DEADLINE_EXCEEDED',
      'INTERNAL',
      'UNAVAILABLE',
      'UNAUTHENTICATED',
      undefined,
    ]) {
      expect(recorded({ query: remove }, [{ message: 'No.', extensions: { code } }])).toEqual([]);
    }
    expect(recorded({ query: remove }, [])).toEqual([]);
    expect(recorded({ query: remove }, [{ message: 'No.' }])).toEqual([]);
    expect(recorded({ query: remove }, [{ message: 'No.', extensions: { code: 'FORBIDDEN' } }])).toHaveLength(
      1,
    );
  });
});
