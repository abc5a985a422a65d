import {
  createDemoPki,
  issueProvisioningCertificate,
  type DemoPki,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { createToldChecker } from '@chargegraph/revocation/testing';
import { ManualClock } from '@chargegraph/service';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { day, now, oem, pcid, pem, pool, preparePublishing, publish } from './publish.fixture.ts';

const checker = createToldChecker(new ManualClock(now));
preparePublishing({ revocation: { checker, policy: 'soft' } });

let pki: DemoPki;
beforeAll(async () => {
  pki = await createDemoPki({ now, ocspUrl: 'http://responder.test' });
});
beforeEach(() => {
  pool.roots.set(pki.oemRoot.certificate, 'OEM');
  checker.asked.length = 0;
});

const revoked = { status: 'REVOKED', source: 'CRL' } as const;
const chain = (leaf: IssuedCertificate) => ({
  vehicleCertificate: pem(leaf),
  subCa1Certificate: pem(pki.oem.subCa1),
  subCa2Certificate: pem(pki.oem.subCa2),
});
const newLeaf = (notAfter?: Date) =>
  issueProvisioningCertificate(pki, { pcid, ...(notAfter && { notAfter }) });

const refusalOf = async (input: object) => {
  const { payload } = await publish({ ...input });
  return payload?.userErrors.map(({ code, path }) => [code, path?.[1]]);
};

describe('publishing what is revoked', () => {
  it('is refused for its dates first', async () => {
    const leaf = await newLeaf(new Date(now.getTime() + day));
    checker.tell(leaf.certificate, revoked);
    pool.clock.set(new Date(now.getTime() + 2 * day));
    expect(await refusalOf(chain(leaf))).toEqual([['CERTIFICATE_EXPIRED', 'vehicleCertificate']]);
    expect(checker.asked).toEqual([]);
  });

  it('is refused before its chain is judged, as far as it is known', async () => {
    const leaf = await newLeaf();
    checker.tell(leaf.certificate, revoked);
    expect(await refusalOf(chain(leaf))).toEqual([['CERTIFICATE_REVOKED', 'vehicleCertificate']]);
    pool.roots.delete(pki.oemRoot.certificate);
    expect(await refusalOf(chain(leaf))).toEqual([['CERTIFICATE_REVOKED', 'vehicleCertificate']]);
  });

  it('asks nobody about a chain that ends at no root of RCP', async () => {
    const leaf = await newLeaf();
    checker.tell(leaf.certificate, revoked);
    pool.roots.delete(pki.oemRoot.certificate);
    expect((await refusalOf(chain(leaf)))?.[0]?.[0]).toBe('ROOT_UNKNOWN');
    expect(checker.asked).toEqual([]);
  });

  it('changes nothing', async () => {
    const leaf = await newLeaf();
    checker.tell(leaf.certificate, revoked);
    await publish(chain(leaf));
    expect(await pool.snapshot()).toMatchObject({ rows: [] });
  });
});

describe('what is revoked since it was published', () => {
  it('has the verdict of the list that it stands on', async () => {
    const leaf = await newLeaf();
    expect(await refusalOf(chain(leaf))).toEqual([]);
    checker.tell(leaf.certificate, revoked);
    // What was good holds for an hour.
    pool.clock.advance(61 * 60_000);
    const { payload } = await publish(chain(leaf));
    expect(payload?.userErrors).toMatchObject([{ code: 'CERTIFICATE_REVOKED' }]);
    const { data } = await pool.execute(
      oem,
      `query ($pcid: PCID!) {
         provisioningCertificate(pcid: $pcid) { verdict { status source checkedAt reasons } }
       }`,
      { pcid },
    );
    expect(data).toEqual({
      provisioningCertificate: {
        verdict: {
          status: 'REVOKED',
          source: 'CRL',
          checkedAt: now.toISOString(),
          reasons: [`${leaf.certificate.subject} is revoked since ${now.toISOString()}.`],
        },
      },
    });
  });
});
