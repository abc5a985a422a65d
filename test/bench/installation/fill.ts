import type { Database } from '@chargegraph/database';
import { issueProvisioningCertificate, type DemoPki } from '@chargegraph/pki';
import { signOutside } from '../../harness/contract-data.ts';

const day = 86_400_000;
const step = 50_000;

/** Spread over operators and makers as real ones are, in no order of their own. */
const emaid = "'DE' || chr((65 + i % 26)::int) || 'BCC' || lpad((i * 7919 % 100000000)::text, 8, '0')";
const pcid = "'WD' || chr((65 + i % 3)::int) || lpad((i * 7919 % 100000000)::text, 14, '0')";

/**
 * Fills both pools with so many cars that nobody asks for, each with one contract, in rows as wide as real ones. Written as
 * they are, without triggers and events: nobody may hear of them.
 */
export async function fill(database: Database, count: number, pki: DemoPki): Promise<void> {
  const now = Date.now();
  const at = (days: number) => new Date(now + days * day);
  const car = await issueProvisioningCertificate(pki, { pcid: 'WDBBENCH000000001' });
  const exi = Buffer.from(
    await signOutside({ emaid: 'DEABCC00000001', car: car.certificate, mo: pki, cps: pki }),
    'base64',
  );
  const { certificate: oemRoot } = pki.oemRoot;
  const { certificate: v2gRoot } = pki.v2gRoot;
  const { certificate: signer } = pki.cps.leaf;
  const subCas = [pki.oem.subCa2.certificate.der, pki.oem.subCa1.certificate.der].map(Buffer.from);
  for (let from = 0; from < count; from += step) {
    const range = [from, Math.min(from + step, count) - 1];
    await database.transaction(async (tx) => {
      await tx.execute('SET LOCAL session_replication_role = replica');
      await tx.execute('SET LOCAL synchronous_commit = off');
      await tx.execute(
        `INSERT INTO pcp.provisioning_certificate (pcid, namespace, fingerprint, der, sub_ca_ders, root_fingerprint, root_der,
           v2g_root_key_identifiers, warnings, not_before, not_after, published_at, updated_at, epoch)
         SELECT ${pcid}, 'ISO15118_2', encode(sha256(('car' || i)::bytea), 'hex'), $3, $4, $5, $6,
                '{}', '{}', $7, $8, $7, $7, nextval('pcp.provisioning_epoch')
           FROM generate_series($1::bigint, $2::bigint) i`,
        [...range, Buffer.from(car.certificate.der), subCas].concat([
          oemRoot.fingerprint,
          Buffer.from(oemRoot.der),
          at(-30),
          at(3_000),
        ] as never[]),
      );
      await tx.execute(
        `INSERT INTO ccp.contract (emaid_key, emaid, pcid, pcid_shown, wmi, provider_id, created_at, updated_at, ends_at)
         SELECT id, id, pcid, pcid, left(pcid, 3), left(id, 5), $3, $3, $4
           FROM (SELECT ${emaid} AS id, ${pcid} AS pcid FROM generate_series($1::bigint, $2::bigint) i) c`,
        [...range, at(-30), at(300)],
      );
      await tx.execute(
        `INSERT INTO ccp.signed_contract_data (emaid_key, namespace, v2g_root_fingerprint, v2g_root_subject,
           v2g_root_serial_number, contract_root_fingerprint, contract_fingerprint, begins_at, ends_at, exi, stored_at, epoch,
           signer_fingerprint, signer_ends_at, contract_not_after, contract_chain_ends_at, by_own_service)
         SELECT ${emaid}, 'ISO15118_2', $3, $4, $5, $6, encode(sha256(('contract' || i)::bytea), 'hex'), $7, $8, $9, $7, 1,
                $10, $8, $8, $8, false
           FROM generate_series($1::bigint, $2::bigint) i`,
        [
          ...range,
          v2gRoot.fingerprint,
          v2gRoot.subject,
          v2gRoot.serialNumber.toString(),
          pki.moRoot.certificate.fingerprint,
          at(-30),
          at(300),
          exi,
          signer.fingerprint,
        ],
      );
      await tx.execute(
        `INSERT INTO ccp.contract_default (pcid, namespace, emaid_key)
         SELECT ${pcid}, 'ISO15118_2', ${emaid} FROM generate_series($1::bigint, $2::bigint) i`,
        range,
      );
    });
  }
  await database.execute('VACUUM (ANALYZE)');
  await database.execute('CHECKPOINT');
}
