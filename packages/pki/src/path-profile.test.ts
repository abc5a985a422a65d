import { beforeAll, describe, expect, it } from 'vitest';
import { createDemoPki, type DemoPki } from './demo/demo-pki.ts';
import { checkPathProfile, warningsOf } from './path-profile.ts';

let pki: DemoPki;

beforeAll(async () => {
  pki = await createDemoPki({ now: new Date('2026-11-21T10:00:00Z') });
});

const chain = ({ leaf, subCa2, subCa1 }: DemoPki['cps']) =>
  [leaf, subCa2, subCa1].map(({ certificate }) => certificate);

describe('checkPathProfile', () => {
  it('finds nothing in a chain whose certificates stand in their places', () => {
    const root = pki.v2gRoot.certificate;
    expect(checkPathProfile(chain(pki.cps), 'CPS_LEAF', { profile: 'strict', root })).toEqual([]);
  });

  it('names the certificate that departs: a leaf of another role, a sub-CA at another place', () => {
    const [cpo, subCa2, subCa1] = chain(pki.cpo);
    expect(warningsOf(checkPathProfile(chain(pki.cpo), 'CPS_LEAF'))).toContain(
      `${String(cpo?.subject)}: Its domain component is not CPS.`,
    );
    const turned = [subCa1, subCa2].filter((ca) => ca !== undefined);
    expect(checkPathProfile(turned, undefined)).toContainEqual(
      expect.objectContaining({ certificate: subCa1, code: 'PATH_LENGTH', severity: 'hard' }),
    );
  });

  it('is hard on every departure where it is strict', () => {
    const findings = checkPathProfile(chain(pki.cpo), 'CPS_LEAF', { profile: 'strict' });
    expect(findings.map(({ severity }) => severity)).toContain('hard');
    expect(findings.map(({ severity }) => severity)).not.toContain('soft');
  });

  it('looks at the nesting of dates up to the root', () => {
    const { certificate } = pki.cps.subCa1;
    const codes = (root: typeof certificate) =>
      checkPathProfile([certificate], undefined, { root }).map(({ code }) => code);
    expect(codes(pki.v2gRoot.certificate)).not.toContain('NESTING');
    expect(codes(pki.cps.leaf.certificate)).toContain('NESTING');
  });
});
