import { describe, expect, it, vi } from 'vitest';
import type { RootCertificateId } from '@chargegraph/iso15118';
import { chooseVariant, logUnmatchedRoots } from './choose-variant.ts';
import { heldRoots } from '../testing/held-roots.ts';
import type { SignedContractData } from './contract.ts';

const now = new Date('2026-11-10T12:00:00.000Z');
const shifted = (milliseconds: number) => new Date(now.getTime() + milliseconds);

const variant = (fingerprint: string, changes: Partial<SignedContractData> = {}): SignedContractData => ({
  emaidKey: 'DEABCC00000001',
  namespace: 'ISO15118_2',
  v2gRoot: { fingerprint, subject: `DC=V2G,C=DE,CN=Root ${fingerprint}`, serialNumber: 7n },
  contractRootFingerprint: 'm',
  contractFingerprint: 'c',
  beginsAt: now,
  endsAt: shifted(1),
  exi: new Uint8Array(0),
  storedAt: now,
  ...changes,
});
const listed = (x509IssuerName: string, x509SerialNumber = 7n): RootCertificateId => ({
  x509IssuerName,
  x509SerialNumber,
});

const held = heldRoots({ v2g: ['a', 'b'], mo: ['m'] });

function choose(variants: readonly SignedContractData[], roots: readonly RootCertificateId[]) {
  const info = vi.fn();
  logUnmatchedRoots({ info }, variants, roots);
  const chosen = chooseVariant(variants, { ...held, listed: roots, at: now });
  return { chosen, unmatched: info.mock.calls.map(([entry]: unknown[]) => entry) };
}

describe('chooseVariant', () => {
  const a = variant('a');
  const b = variant('b');

  it('follows the order of the car’s list', () => {
    expect(choose([a, b], [listed('CN=Root b,C=DE,DC=V2G'), listed('CN=Root a,C=DE,DC=V2G')]).chosen).toBe(b);
  });

  it('compares names as sets of attributes, whatever their order, case and blanks', () => {
    expect(choose([a], [listed('cn=ROOT  A, dc=v2g, c=de')]).chosen).toBe(a);
  });

  it('takes a name without its serial number, or a serial number without its name, for another root', () => {
    const roots = [
      listed('DC=V2G,C=DE,CN=Root a', 8n),
      listed('DC=V2G,C=DE,CN=Root b', -7n),
      listed('DC=V2G,CN=Root a'),
    ];
    const { chosen, unmatched } = choose([a], roots);
    expect(chosen).toMatchObject({ cause: 'UNAVAILABLE' });
    expect(unmatched).toEqual(
      roots.map(({ x509IssuerName, x509SerialNumber }) => ({
        issuerName: x509IssuerName,
        serialNumber: x509SerialNumber.toString(),
      })),
    );
  });

  it('matches serial numbers of twenty octets exactly', () => {
    const serialNumber = 2n ** 159n + 1n;
    const data = variant('a', { v2gRoot: { ...a.v2gRoot, serialNumber } });
    expect(choose([data], [listed('DC=V2G,C=DE,CN=Root a', serialNumber)]).chosen).toBe(data);
    expect(choose([data], [listed('DC=V2G,C=DE,CN=Root a', serialNumber - 1n)]).chosen).not.toBe(data);
  });

  it('passes over a variant that has ended for one that has not', () => {
    const ended = variant('a', { endsAt: now });
    expect(
      choose([ended, b], [listed('DC=V2G,C=DE,CN=Root a'), listed('DC=V2G,C=DE,CN=Root b')]).chosen,
    ).toBe(b);
  });

  it('passes over a variant of which either root is no longer known, or is one of another type', () => {
    const roots = [listed('DC=V2G,C=DE,CN=Root a'), listed('DC=V2G,C=DE,CN=Root b')];
    expect(choose([variant('a', { contractRootFingerprint: 'x' }), b], roots).chosen).toBe(b);
    expect(choose([variant('a', { contractRootFingerprint: 'b' }), b], roots).chosen).not.toBe(b);
    const ofMo = variant('m');
    expect(choose([ofMo], [listed('DC=V2G,C=DE,CN=Root m')]).chosen).toMatchObject({
      cause: 'UNAVAILABLE',
      reason: expect.stringContaining('no longer in the root certificate pool') as string,
    });
  });

  it('says why none of the matching variants can be given', () => {
    const roots = [listed('DC=V2G,C=DE,CN=Root a')];
    expect(choose([variant('a', { endsAt: now })], roots).chosen).toMatchObject({
      reason: expect.stringContaining('ended on') as string,
    });
    expect(choose([variant('a', { beginsAt: shifted(1) })], roots).chosen).toMatchObject({
      reason: `The car's contract begins on ${shifted(1).toISOString()}.`,
    });
    expect(choose([], roots).chosen).toMatchObject({
      reason: expect.stringContaining('any V2G root') as string,
    });
  });
});
