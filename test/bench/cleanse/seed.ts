import type { Database } from '@chargegraph/database';
import {
  encodeMessage,
  signCertificateInstallationRes,
  signedElements,
  signWith,
  wrapContractKey,
} from '@chargegraph/iso15118';
import { createDemoPki, issueContractCertificate, issueProvisioningCertificate } from '@chargegraph/pki';

const day = 86_400_000;

/** Of so many contracts one has ended, */
export const endedEvery = 100;
/** one is revoked, */
export const revokedEvery = 500;
/** and of one nothing is known, so that it is read and asked about. */
export const unknownEvery = 1_000;

/** Signed data as a car is given it: what is read when a contract is asked about. */
async function signedData(now: Date): Promise<Buffer> {
  const pki = await createDemoPki({ now });
  const car = await issueProvisioningCertificate(pki, { pcid: 'WDBBENCH000000001' });
  const emaid = 'DEABCC00000001';
  const notAfter = new Date(now.getTime() + 365 * day);
  const contract = await issueContractCertificate(pki.mo.subCa2, { emaid, notBefore: now, notAfter });
  const dersOf = ({ subCa2, subCa1 }: typeof pki.mo) => [subCa2.certificate.der, subCa1.certificate.der];
  const elements = signedElements({
    certificate: contract.certificate.der,
    subCertificates: dersOf(pki.mo),
    ...wrapContractKey({ privateKey: contract.privateKey, oemPublicKey: car.certificate.publicKey }),
    emaid,
  });
  const message = await signCertificateInstallationRes({
    ...elements,
    sessionId: Uint8Array.of(0),
    responseCode: 'OK',
    saProvisioningCertificateChain: {
      certificate: pki.cps.leaf.certificate.der,
      subCertificates: dersOf(pki.cps),
    },
    sign: signWith(pki.cps.leaf.privateKey),
  });
  return Buffer.from(encodeMessage(message));
}

/** Of the contract with the number `i`: spread over operators and makers as real ones are, in no order of its own. */
const emaid = "'DE' || chr((65 + i % 26)::int) || 'BCC' || lpad((i * 7919 % 100000000)::text, 8, '0')";
const pcid = "'WD' || chr((65 + i % 3)::int) || lpad(i::text, 14, '0')";

/** Fills an empty contract pool. The trigger that keeps the contracts' ends is off meanwhile: they are written as they are. */
export async function seed(database: Database, contracts: number, now: Date): Promise<void> {
  const exi = await signedData(now);
  const at = (days: number) => new Date(now.getTime() + days * day);
  await database.execute('ALTER TABLE signed_contract_data DISABLE TRIGGER signed_contract_data_moves_end');
  const step = 50_000;
  for (let from = 0; from < contracts; from += step) {
    const range = [from, Math.min(from + step, contracts) - 1];
    await database.execute(
      `INSERT INTO contract (emaid_key, emaid, pcid, pcid_shown, wmi, provider_id, created_at, updated_at, ends_at)
       SELECT id, id, pcid, pcid, left(pcid, 3), left(id, 5), $3, $3, CASE WHEN i % ${endedEvery} = 0 THEN $4::timestamptz ELSE $5 END
         FROM (SELECT i, ${emaid} AS id, ${pcid} AS pcid
                 FROM generate_series($1::bigint, $2::bigint) i) c`,
      [...range, at(-30), at(-1), at(300)],
    );
    await database.execute(
      `INSERT INTO signed_contract_data (emaid_key, namespace, v2g_root_fingerprint, v2g_root_subject,
         v2g_root_serial_number, contract_root_fingerprint, contract_fingerprint, begins_at, ends_at, exi, stored_at, epoch,
         signer_fingerprint, signer_ends_at, contract_not_after, contract_chain_ends_at, by_own_service)
       SELECT ${emaid}, 'ISO15118_2',
              $7, 'CN=Root', '1', $7, encode(sha256(i::text::bytea), 'hex'), $3, ends, CASE WHEN unknown THEN $6 ELSE ''::bytea END,
              $3, 1, $7, $5, ends, ends, true
         FROM (SELECT i, CASE WHEN i % ${endedEvery} = 0 THEN $4::timestamptz ELSE $5 END AS ends,
                      i % ${unknownEvery} = 7 AS unknown
                 FROM generate_series($1::bigint, $2::bigint) i) d`,
      [...range, at(-30), at(-1), at(300), exi, 'a'.repeat(64)],
    );
    await database.execute(
      `INSERT INTO contract_default (pcid, namespace, emaid_key)
       SELECT ${pcid}, 'ISO15118_2',
              ${emaid}
         FROM generate_series($1::bigint, $2::bigint) i`,
      range,
    );
    await database.execute(
      `INSERT INTO certificate_status (fingerprint, status, source, checked_at, valid_until, this_update, revoked_at, detail)
       SELECT encode(sha256(i::text::bytea), 'hex'), CASE WHEN revoked THEN 'REVOKED' ELSE 'GOOD' END, 'CRL', $3, $4, $3,
              CASE WHEN revoked THEN $3::timestamptz END, 'The CRL says so.'
         FROM (SELECT i, i % ${revokedEvery} = 3 AS revoked FROM generate_series($1::bigint, $2::bigint) i
                WHERE i % ${unknownEvery} <> 7) s`,
      [...range, at(-1), at(7)],
    );
  }
  // One of each operator is read for the CAs above it.
  await database.execute(
    `UPDATE signed_contract_data SET exi = $1 WHERE emaid_key IN (
       SELECT min(emaid_key) FROM signed_contract_data WHERE contract_not_after > $2 GROUP BY left(emaid_key, 5))`,
    [exi, now],
  );
  await database.execute('ALTER TABLE signed_contract_data ENABLE TRIGGER signed_contract_data_moves_end');
  await database.execute('ANALYZE');
  await database.execute('CHECKPOINT');
}
