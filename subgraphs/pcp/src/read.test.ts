import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import { createDemoPki, issueProvisioningCertificate, toPem, type DemoPki } from '@chargegraph/pki';
import { partner, service, startPcp, type TestPcp } from './pcp.fixture.ts';
import { statements } from './statements.fixture.ts';

const now = new Date('2026-11-01T12:00:00Z');
const pcids = ['WDB00000000000001', 'WDB00000000000002', 'WDB00000000000003'] as const;
const [pcid] = pcids;
const absent = 'WDB00000000000009';
const oem = partner('OEM', ['WDB']);
const foreignOem = partner('OEM', ['ZZZ']);
let pool: TestPcp;
let pki: DemoPki;

beforeAll(async () => {
  [pool, pki] = await Promise.all([startPcp(now), createDemoPki({ now })]);
  pool.roots.set(pki.oemRoot.certificate, 'OEM');
  for (const each of pcids) {
    const { certificate } = await issueProvisioningCertificate(pki, { pcid: each });
    const { data } = await pool.execute(
      oem,
      `mutation Publish($input: PublishProvisioningCertificateInput!) {
         publishProvisioningCertificate(input: $input) { userErrors { message } }
       }`,
      {
        input: {
          vehicleCertificate: toPem(certificate),
          subCa1Certificate: toPem(pki.oem.subCa1.certificate),
          subCa2Certificate: toPem(pki.oem.subCa2.certificate),
        },
      },
    );
    expect(data).toEqual({ publishProvisioningCertificate: { userErrors: [] } });
  }
});
afterAll(() => pool.stop());

const query = /* GraphQL */ `
  query Read($pcid: PCID!, $namespace: Namespace) {
    provisioningCertificate(pcid: $pcid, namespace: $namespace) {
      id
      pcid
      rootCertificate {
        id
      }
      verdict {
        status
        reasons
      }
    }
    vehicleExists(pcid: $pcid)
  }
`;

const read = (caller: Caller, variables: Record<string, unknown>) => pool.execute(caller, query, variables);

describe('reading a provisioning certificate', () => {
  it.each([
    ['its OEM', oem],
    ['an MO with its own PKI', partner('MO_EXTERNAL_PKI')],
    ['an MO of the V2G PKI', partner('MO_V2G_PKI')],
    ['a CPS', partner('CPS')],
    ['the operator', partner('OPERATOR')],
    ['a service', service],
  ])('is for %s', async (_, caller) => {
    const { data, errors } = await read(caller, { pcid: pcid.toLowerCase() });
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      provisioningCertificate: {
        id: globalId('ProvisioningCertificate', 'ISO15118_2', pcid),
        pcid,
        rootCertificate: { id: globalId('RootCertificate', pki.oemRoot.certificate.fingerprint) },
        verdict: { status: 'VALID', reasons: [] },
      },
      vehicleExists: true,
    });
  });

  it.each([
    ['a CPO', partner('CPO')],
    ['a caller without a role', partner('NOBODY')],
  ])('is not for %s', async (_, caller) => {
    const { errors } = await read(caller, { pcid });
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' } });
  });

  it('answers alike, with the same queries, for a foreign car and one that does not exist', async () => {
    const responses: unknown[] = [];
    const sent = [];
    for (const [caller, each] of [
      [foreignOem, pcid],
      [foreignOem, absent],
      [oem, pcid],
    ] as const) {
      sent.push(await statements(pool, async () => responses.push(await read(caller, { pcid: each }))));
    }
    expect(responses[0]).toEqual({ data: { provisioningCertificate: null, vehicleExists: false } });
    expect(responses[1]).toEqual(responses[0]);
    expect(sent[0]).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
    expect(sent[2]).toEqual(sent[0]);
    expect(responses[2]).not.toEqual(responses[0]);
  });

  it('answers null for a generation of which the car has none, which exists all the same', async () => {
    const { data } = await read(oem, { pcid, namespace: 'ISO15118_20' });
    expect(data).toEqual({ provisioningCertificate: null, vehicleExists: true });
  });

  it('refuses what is no PCID', async () => {
    const { errors } = await read(oem, { pcid: 'WDB-1' });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_INPUT' } }]);
  });

  it('shows the verdict as of now', async () => {
    pool.clock.set(new Date(pki.oem.subCa2.certificate.notAfter));
    const { data } = await read(oem, { pcid });
    pool.clock.set(now);
    const verdict = (data?.['provisioningCertificate'] as { verdict: { status: string; reasons: string[] } })
      .verdict;
    expect(verdict.status).toBe('EXPIRED');
    expect(verdict.reasons.join()).toContain(pki.oem.subCa2.certificate.subject);
  });
});

describe('a link from another pool', () => {
  const entities = /* GraphQL */ `
    query Entities($of: [_Any!]!) {
      _entities(representations: $of) {
        ... on ProvisioningCertificate {
          pcid
        }
      }
    }
  `;
  const __typename = 'ProvisioningCertificate';
  const reference = (each: string) => ({ __typename, id: globalId(__typename, 'ISO15118_2', each) });

  it('resolves many certificates with one query', async () => {
    let data: unknown;
    const sent = await statements(pool, async () => {
      ({ data } = await pool.execute(service, entities, { of: [...pcids, absent].map(reference) }));
    });
    expect(data).toEqual({ _entities: [...pcids.map((each) => ({ pcid: each })), null] });
    expect(sent).toHaveLength(1);
  });

  it.each([
    ["an OEM another maker's car", foreignOem],
    ['a CPO any car', partner('CPO')],
  ])('does not show %s', async (_, caller) => {
    const { data } = await pool.execute(caller, entities, { of: [reference(pcid)] });
    expect(data).toEqual({ _entities: [null] });
  });

  it('leads nowhere when the id is not one of a provisioning certificate', async () => {
    const ids = [
      globalId('Contract', pcid),
      globalId(__typename, 'ISO15118_3', pcid),
      globalId(__typename, pcid),
      'x',
    ];
    const { data, errors } = await pool.execute(service, entities, {
      of: ids.map((id) => ({ __typename, id })),
    });
    expect(errors).toBeUndefined();
    expect(data).toEqual({ _entities: [null, null, null, null] });
  });
});
