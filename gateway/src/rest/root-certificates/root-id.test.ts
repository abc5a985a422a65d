import { describe, expect, it } from 'vitest';
import { globalId } from '@chargegraph/graph';
import { readRootName, rootCertificateId } from './root-id.ts';

const fingerprint = 'a76ae4c5d00e06a967554511865bfa89e79590e8a61b5a71f9ce22e039d6c370';
const id = 'a76ae4c5-d00e-86a9-a755-4511865bfa89';

describe('a root', () => {
  it('has a UUID made of its fingerprint', () => {
    expect(rootCertificateId(fingerprint)).toBe(id);
  });

  it.each([
    [fingerprint, { fingerprint }],
    [fingerprint.toUpperCase(), { fingerprint }],
    [fingerprint.match(/../g)?.join(':') ?? '', { fingerprint }],
    [globalId('RootCertificate', fingerprint), { fingerprint }],
    [id.toUpperCase(), { id }],
    [globalId('RootCertificate', 'x'), undefined],
    [globalId('Contract', fingerprint), undefined],
    [fingerprint.slice(1), undefined],
    ['', undefined],
  ])('is named by %s', (text, name) => {
    expect(readRootName(text)).toEqual(name);
  });
});
