import { auditTrail, recordedSince } from '@chargegraph/audit/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { partner } from './pcp.fixture.ts';
import { pcid, pem, leaf, pool, preparePublishing, publish } from './publish.fixture.ts';

preparePublishing();

let known: number;
beforeEach(async () => {
  known = (await auditTrail(pool.database)).length;
});

const object = `ProvisioningCertificate ${pcid.toUpperCase()}`;

describe('the audit of the provisioning pool', () => {
  it('has a certificate that was published, and not the same one again', async () => {
    await publish();
    await publish();
    expect((await auditTrail(pool.database)).slice(known)).toEqual([
      {
        clientId: 'test-OEM',
        organisation: 'test',
        traceId: 'test',
        action: 'publishProvisioningCertificate',
        object: expect.stringMatching(new RegExp(`^${object}( |$)`)) as string,
        outcome: 'DONE',
        code: null,
        detail: null,
      },
    ]);
  });

  it('has one that was refused, for its WMI or its dates, and not the certificate', async () => {
    await publish({}, partner('OEM', ['WXX']));
    await recordedSince(pool.database, known);
    pool.clock.set(new Date('2099-01-01T00:00:00.000Z'));
    await publish();
    await recordedSince(pool.database, known + 1);
    const records = (await auditTrail(pool.database)).slice(known);
    expect(records).toMatchObject([
      { object, outcome: 'REFUSED', code: 'FORBIDDEN', detail: 'The WMI WDB is not one of yours.' },
      { object, outcome: 'REFUSED', code: 'CERTIFICATE_EXPIRED' },
    ]);
    for (const line of pem(leaf).split('\n').slice(1, -2)) {
      expect(JSON.stringify(records)).not.toContain(line);
    }
  });
});
