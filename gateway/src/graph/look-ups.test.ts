import { describe, expect, it } from 'vitest';
import { supergraph } from '../graph.fixture.ts';
import { createPreparer } from './operation.ts';

const prepare = createPreparer(supergraph);
const one = 'WVWZZZ1JZ3W386752';
const two = 'WBAZZZ1JZ3W386752';
const lookedUp = (query: string, variables: Record<string, unknown> = {}) =>
  prepare(query).lookUps?.(variables);

describe('the cars that an operation looks up', () => {
  it('are found in arguments, literal and variable, aliases and fragments counted', () => {
    const query = `query ($car: PCID!) {
      a: vehicleExists(pcid: "${one}")
      b: vehicleExists(pcid: $car)
      ...F
    }
    fragment F on Query { ... { provisioningCertificate(pcid: "${one.toLowerCase()}") { id } } }`;
    expect(lookedUp(query, { car: two })).toEqual([[one], [two], [one]]);
  });

  it('are found in input objects', () => {
    const sign = `mutation ($i: SignContractDataInput!) { signContractData(input: $i) { emaid } }`;
    const input = {
      pcid: one,
      contractCertificate: 'x',
      subCaCertificates: [],
      encryptedPrivateKey: '',
      dhPublicKey: '',
    };
    expect(lookedUp(sign, { i: input })).toEqual([[one]]);
    const { pcid: _, ...without } = input;
    expect(lookedUp(sign, { i: without })).toEqual([]);
    const literal = `mutation { publishContract(input: {signedContractData: "AA==", pcid: "${two}"}) { contract { id } } }`;
    expect(lookedUp(literal)).toEqual([[two]]);
  });

  it('are none where no root field takes a PCID: links are no look-ups', () => {
    const query = `{
      contract(emaid: "DE8AACA2B3C4D5") { pcid provisioningCertificate { pcid contracts(first: 1) { totalCount } } }
      rootCertificates(first: 1) { totalCount }
    }`;
    expect(prepare(query).lookUps).toBeUndefined();
  });

  it('are those of a field once, however often it is written, unless it is left out everywhere', () => {
    const query = (skip: string) => `query ($skip: Boolean = true) {
      a: vehicleExists(pcid: "${one}")
      ...F
      ...F
      b: vehicleExists(pcid: "${two}") @skip(if: $skip)
      ${skip}
    }
    fragment F on Query { a: vehicleExists(pcid: "${one}") }`;
    expect(lookedUp(query(''))).toEqual([[one]]);
    expect(lookedUp(query(''), { skip: false })).toEqual([[one], [two]]);
    expect(lookedUp(query(`b: vehicleExists(pcid: "${two}")`))).toEqual([[one], [two]]);
  });
});
