// The whole of it: a pool's judgement over a responder on the network.
import {
  createDemoPki,
  createRevocationChecker,
  issueProvisioningCertificate,
  type Certificate,
  type DemoPki,
} from '@chargegraph/pki';
import { createTestResponder, type TestResponder } from '@chargegraph/pki/testing';
import type { Database } from '@chargegraph/database';
import { ManualClock, silentLogger } from '@chargegraph/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRevocation } from './revocation.ts';
import { minute, start, startStatusDatabase } from './revocation.fixture.ts';

const clock = new ManualClock(start);
let database: Database;
let stopDatabase: () => Promise<void>;
let responder: TestResponder;
let pki: DemoPki;

beforeAll(async () => {
  ({ database, stop: stopDatabase } = await startStatusDatabase());
  responder = await createTestResponder({ clock });
  pki = await createDemoPki({ now: start, ocspUrl: responder.ocspUrl });
  for (const issuer of [pki.oemRoot, pki.oem.subCa1, pki.oem.subCa2]) responder.add(issuer);
});
afterAll(async () => {
  await responder.stop();
  await stopDatabase();
});

function create() {
  const network = { privateAddresses: 'allow' } as const;
  const checker = createRevocationChecker({ clock, logger: silentLogger, network });
  return createRevocation({ database, checker, policy: 'hard', clock, logger: silentLogger });
}

const pathOf = (leaf: Certificate) => [
  leaf,
  pki.oem.subCa2.certificate,
  pki.oem.subCa1.certificate,
  pki.oemRoot.certificate,
];

describe('a car’s certificate', () => {
  it('is accepted, refused once its CA revoked it, and stays so after a restart without its CA', async () => {
    const { certificate } = await issueProvisioningCertificate(pki, { pcid: 'WMI12345678901234' });
    const path = pathOf(certificate);
    const revocation = create();
    expect(await revocation.judge(path)).toMatchObject({ accepted: true });
    expect(responder.requests.map(({ kind }) => kind)).toEqual(['OCSP', 'OCSP', 'OCSP']);

    responder.revoke(certificate.serialNumber, { reason: 'keyCompromise' });
    clock.advance(60 * minute);
    expect(await revocation.judge(path)).toMatchObject({
      accepted: false,
      certificate,
      status: { reason: 'keyCompromise', source: 'OCSP', url: responder.ocspUrl },
    });

    responder.behave('ERROR');
    clock.advance(24 * 60 * minute);
    expect(await create().judge(path)).toMatchObject({
      accepted: false,
      code: 'CERTIFICATE_REVOKED',
      certificate,
    });
  });

  it('may name other responders and CRLs than its CA does', async () => {
    const crlUrls = [responder.crlUrlOf(pki.oem.subCa2.certificate)];
    const request = { pcid: 'WMI12345678901235', ocspUrls: ['http://127.0.0.1:1/'], crlUrls };
    const { certificate } = await issueProvisioningCertificate(pki, request);
    responder.behave('ANSWER');
    const finding = await create().judge(pathOf(certificate));
    expect(finding.statuses[0]).toMatchObject({ status: 'GOOD', source: 'CRL', url: crlUrls[0] });
  });
});
