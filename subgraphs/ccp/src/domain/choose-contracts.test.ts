import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldRoots } from '../testing/held-roots.ts';
import { chooseContracts, type ContractsQuestion } from './choose-contracts.ts';
import type { SignedContractData } from './contract.ts';
import type { CarContract } from './contract-store.ts';

const now = new Date('2026-11-10T12:00:00.000Z');
const shifted = (milliseconds: number) => new Date(now.getTime() + milliseconds);
const held = heldRoots({ v2g: ['v1', 'v2'], mo: ['m'] });
const serialNumbers: Readonly<Record<string, bigint>> = { v1: 1n, v2: 2n, gone: 3n };

const variantOf = (
  emaidKey: string,
  v2gRoot: string,
  changes: Partial<SignedContractData> = {},
): SignedContractData => ({
  emaidKey,
  namespace: 'ISO15118_20',
  v2gRoot: { fingerprint: v2gRoot, subject: `CN=${v2gRoot}`, serialNumber: serialNumbers[v2gRoot] ?? 0n },
  contractRootFingerprint: 'm',
  contractFingerprint: 'c',
  beginsAt: now,
  endsAt: shifted(1),
  exi: new Uint8Array(0),
  storedAt: now,
  ...changes,
});

const contractOf = (
  emaidKey: string,
  variants: readonly SignedContractData[],
  isDefault = false,
): CarContract => ({
  contract: {
    emaidKey,
    emaid: emaidKey,
    pcid: 'WCGTEST0000000001',
    pcidShown: 'WCGTEST0000000001',
    wmi: 'WCG',
    providerId: 'DEABC',
    createdAt: now,
    updatedAt: now,
  },
  variants,
  isDefault,
});

const nth = (index: number) => `DEABCC0000000${String(index)}`;
const listed = (...roots: readonly string[]) =>
  roots.map((root) => ({ x509IssuerName: `CN=${root}`, x509SerialNumber: serialNumbers[root] ?? 0n }));
const question = (changes: Partial<ContractsQuestion> = {}): ContractsQuestion => ({
  listed: listed('v1'),
  ...held,
  at: now,
  maximum: 255,
  prioritized: [],
  ...changes,
});
const emaidsOf = (chosen: ReturnType<typeof chooseContracts>) =>
  'cause' in chosen ? chosen : chosen.map(({ contract, remaining }) => [contract.emaidKey, remaining]);

describe('chooseContracts', () => {
  const usable = [1, 2, 3, 4].map((index) =>
    contractOf(nth(index), [variantOf(nth(index), 'v1')], index === 3),
  );

  it('gives those that the car wants first, then the default, then the others as they came in', () => {
    expect(emaidsOf(chooseContracts(usable, question()))).toEqual([
      [nth(3), 3],
      [nth(1), 2],
      [nth(2), 1],
      [nth(4), 0],
    ]);
    const prioritized = ['not an EMAID', 'DE-ABC-C00000004-X', 'DEXYZC00000009', 'deabcc00000002'];
    expect(emaidsOf(chooseContracts(usable, question({ prioritized, maximum: 3 })))).toEqual([
      [nth(4), 2],
      [nth(2), 1],
      [nth(3), 0],
    ]);
  });

  it('says why it gives none', () => {
    expect(chooseContracts([], question())).toMatchObject({ cause: 'UNKNOWN' });
    expect(chooseContracts([], question({ maximum: 0 }))).toMatchObject({ cause: 'UNKNOWN' });
    expect(chooseContracts(usable, question({ maximum: 0 }))).toMatchObject({
      cause: 'UNAVAILABLE',
      reason: expect.stringContaining('maximum is 0') as string,
    });
    expect(chooseContracts(usable, question({ listed: listed('v2') }))).toMatchObject({
      cause: 'UNAVAILABLE',
      reason: expect.stringContaining('any V2G root that the car lists') as string,
    });
  });

  const instants = fc.constantFrom(shifted(-1), now, shifted(1));
  const variants = (emaidKey: string) =>
    fc.uniqueArray(
      fc
        .record({
          root: fc.constantFrom('v1', 'v2', 'gone'),
          beginsAt: instants,
          endsAt: instants,
          contractRootFingerprint: fc.constantFrom('m', 'v2', 'gone'),
        })
        .map(({ root, ...changes }) => variantOf(emaidKey, root, changes)),
      { minLength: 1, selector: ({ v2gRoot }) => v2gRoot.fingerprint },
    );
  const contracts = fc
    .nat(6)
    .chain((count) =>
      fc.tuple(
        fc.tuple(...Array.from({ length: count }, (_, index) => variants(nth(index)))),
        fc.option(fc.nat(5)),
      ),
    )
    .map(([all, ofDefault]) => all.map((each, index) => contractOf(nth(index), each, index === ofDefault)));

  it('keeps to maximum, order, roots and dates, and counts down to 0, for any contracts and wishes', () => {
    fc.assert(
      fc.property(
        contracts,
        fc.subarray(['v1', 'v2', 'gone']).map((roots) => listed(...roots)),
        fc.nat(7),
        fc.uniqueArray(fc.nat(8).map(nth), { maxLength: 8 }),
        (given, roots, maximum, prioritized) => {
          const chosen = chooseContracts(given, question({ listed: roots, maximum, prioritized }));
          const can = ({ variants: of }: CarContract) =>
            of.some(
              ({ v2gRoot, contractRootFingerprint, beginsAt, endsAt }) =>
                v2gRoot.fingerprint !== 'gone' &&
                contractRootFingerprint !== 'gone' &&
                roots.some(({ x509SerialNumber }) => x509SerialNumber === v2gRoot.serialNumber) &&
                beginsAt <= now &&
                now < endsAt,
            );
          const expected = [
            ...prioritized.flatMap((emaid) => given.filter(({ contract }) => contract.emaidKey === emaid)),
            ...given.filter(({ isDefault }) => isDefault),
            ...given,
          ].filter(can);
          const names = [...new Set(expected.map(({ contract }) => contract.emaidKey))].slice(0, maximum);
          if ('cause' in chosen) {
            expect(names).toEqual([]);
            return;
          }
          expect(chosen.map(({ contract }) => contract.emaidKey)).toEqual(names);
          expect(chosen.map(({ remaining }) => remaining)).toEqual(
            names.map((_, index) => names.length - 1 - index),
          );
          for (const { contract, data } of chosen) {
            expect(data.emaidKey).toBe(contract.emaidKey);
            expect(can(contractOf(contract.emaidKey, [data]))).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
