import { expect } from 'vitest';
import { parseCertificate, type Certificate } from '@chargegraph/pki';
import { readCrlEntries } from '@chargegraph/pki/testing';
import { generateContractData, nextYear, v2gMo, type Generated } from './generation.fixture.ts';
import { operator } from './harness.fixture.ts';
import { emaid, pcid, type World } from './world.fixture.ts';

/** A revocation list as everybody may read it. */
export interface ListShown {
  readonly der: Buffer;
  readonly number: bigint;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

/** What a CPS with a CA of the world's MO issues and revokes. */
export interface RevocationScene {
  /** Generates a contract and gives its certificate. */
  certificate(change?: object): Promise<Certificate>;
  /** The same certificate's fingerprint. */
  issue(change?: object): Promise<string>;
  /** What is revoked. */
  revoked(): Promise<{ fingerprint: string; revoked_at: Date; revocation_reason: string }[]>;
  /** Has nothing be revoked, nor read, nor recorded. */
  takeBack(): Promise<void>;
  /** The list of the world's CA, or another one; undefined while there is none. */
  list(ca?: Certificate): Promise<ListShown | undefined>;
  /** Fingerprints of what is on that list, in no order. */
  listed(ca?: Certificate): Promise<string[]>;
}

const listQuery = `query ($fingerprint: SHA256Fingerprint!) {
  contractCaRevocationList(fingerprint: $fingerprint) { der number thisUpdate nextUpdate }
}`;

/** Makes it. */
export function createRevocationScene(world: World): RevocationScene {
  const { harness } = world;
  const { database } = harness;
  const scene: RevocationScene = {
    async certificate(change = {}) {
      const input = { pcid, emaid, ...nextYear, ...change };
      const { data, errors } = await harness.run(v2gMo, generateContractData, { input });
      expect(errors).toBeUndefined();
      const { contractCertificate, userErrors } = data?.['generateContractData'] as Generated;
      expect(userErrors).toEqual([]);
      return parseCertificate(contractCertificate?.pem ?? '');
    },

    issue: async (change) => (await scene.certificate(change)).fingerprint,

    revoked: () =>
      database.query(
        `SELECT fingerprint, revoked_at, revocation_reason FROM issued_certificate
          WHERE revoked_at IS NOT NULL ORDER BY issued_at, fingerprint`,
      ),

    async takeBack() {
      await database.execute('UPDATE issued_certificate SET revoked_at = NULL, revocation_reason = NULL');
      await database.execute('DELETE FROM revocation_place');
      await harness.forgetWrites();
    },

    async list(ca = world.pki.mo.subCa2.certificate) {
      const { data, errors } = await harness.run(operator, listQuery, { fingerprint: ca.fingerprint });
      expect(errors).toBeUndefined();
      const shown = data?.['contractCaRevocationList'] as {
        der: string;
        number: string;
        thisUpdate: string;
        nextUpdate: string;
      } | null;
      return (
        (shown && {
          der: Buffer.from(shown.der, 'base64'),
          number: BigInt(shown.number),
          thisUpdate: new Date(shown.thisUpdate),
          nextUpdate: new Date(shown.nextUpdate),
        }) ??
        undefined
      );
    },

    async listed(ca) {
      const found = await scene.list(ca);
      if (found === undefined) return [];
      const serials = readCrlEntries(found.der).map(({ serialNumber }) => serialNumber);
      const rows = await database.query<{ fingerprint: string }>(
        'SELECT fingerprint FROM issued_certificate WHERE serial_number = ANY ($1::numeric[])',
        [serials.map(String)],
      );
      expect(rows).toHaveLength(serials.length);
      return rows.map(({ fingerprint }) => fingerprint);
    },
  };
  return scene;
}
