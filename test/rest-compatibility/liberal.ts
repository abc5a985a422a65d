import { describe, expect, it } from 'vitest';
import { lookUpVehicle, makeContractData, makeEmaid } from '@chargegraph/cli';
import { parseCertificate, toPem, type Certificate } from '@chargegraph/pki';
import { send } from '../harness/http.ts';
import type { Scene } from './scene.ts';

const oneLine = ({ der }: Certificate): string => Buffer.from(der).toString('base64');
const forms: Readonly<Record<string, (certificate: Certificate) => string>> = {
  'in one line': oneLine,
  wrapped: (certificate) => oneLine(certificate).replace(/.{76}/g, '$&\n'),
  'in PEM': toPem,
};

/** What clients spell otherwise than OPCP's documents, wherever it may stand. */
export function sendOtherwise(scene: () => Scene): void {
  describe('what is spelt otherwise', () => {
    it.each(Object.keys(forms))('is taken for contract data with certificates %s', async (name) => {
      const { world, car } = scene();
      const form = forms[name] ?? oneLine;
      const emaid = makeEmaid();
      const mo = await world.doors('demo-mo');
      const data = await makeContractData(world.pki, emaid, await lookUpVehicle(mo, car.pcid));
      const [leaf = '', ...subCas] = [data.contractCertificate, ...data.subCaCertificates].map((pem) =>
        form(parseCertificate(pem)),
      );
      const key = {
        contractSignatureEncryptedPrivateKey: data.encryptedPrivateKey.replace(/.{20}/g, '$&\r\n'),
        dHpublickey: data.dhPublicKey.replace(/.{20}/g, '$&\r\n'),
      };
      const chain = {
        contractSignatureCertChainCertificate: leaf,
        contractSignatureCertChainSubCertificates: subCas,
      };
      const body = {
        contractData: { ...key, contractSignatureCertChain: chain, more: 1 },
        pcid: car.pcid.toLowerCase(),
        emaid: emaid.toLowerCase(),
        // A number where a text is expected, and what nobody asks for.
        metaData: 12.5,
        andMore: { of: [null] },
      };
      const answer = await send(`${world.url}/v1/cps/signedContractData`, {
        method: 'PUT',
        token: scene().token('demo-mo'),
        body,
      });
      expect({ status: answer.status, json: answer.json }).toMatchObject({
        status: 200,
        json: { emaid, metaData: '12.5' },
      });
    });

    it('is the same namespace in each of its spellings', async () => {
      const { world, car, contract, token } = scene();
      const get = (path: string) => send(`${world.url}${path}`, { method: 'GET', token: token('demo-oem') });
      const list = `/v1/ccp/signedContractData/${car.pcid}?xsdMsgDefNamespace=`;
      for (const spelling of [
        'urn:iso:15118:20:2020:MsgDef',
        'urn:iso:15118:20:2022:MsgDef',
        'urn:iso:std:iso:15118:-20:CommonMessages',
      ]) {
        const listed = await get(`${list}${spelling}`);
        expect([spelling, listed.status, listed.json]).toEqual([spelling, 200, { XMLContracts: [] }]);
        const provided = await get(
          `/v1/ccp/provideSignedContractData/${contract.emaid}/${car.pcid}?xsdMsgDefNamespace=${spelling}`,
        );
        expect([spelling, provided.status]).toEqual([spelling, 404]);
        const read = await get(`/v1/oem/provCerts/${car.pcid}?xsdMsgDefNamespace=${spelling}`);
        expect([spelling, read.status]).toEqual([spelling, 404]);
      }
      const named = await get(`${list}urn:iso:15118:2:2013:MsgDef`);
      expect(named.json).toMatchObject({ XMLContracts: [{ emaid: contract.emaid }] });
    });

    it('is answered in JSON, whatever is accepted', async () => {
      const { world, operations, token } = scene();
      for (const { operationId, method, path, parameters } of operations) {
        if (method !== 'GET' || parameters.some((each) => each.in === 'path')) continue;
        for (const accept of ['application/xml', 'application/json;q=0', 'text/html, image/*', 'x']) {
          const answer = await send(`${world.url}${path}`, {
            method,
            token: token('demo-cpo'),
            headers: { accept },
          });
          expect([operationId, accept, answer.status]).toEqual([operationId, accept, 200]);
          expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
        }
      }
    });
  });
}
