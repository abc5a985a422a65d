import { ChargeGraphError } from '@chargegraph/service';
import { providerIdOf, type Emaid } from '@chargegraph/iso15118';
import type { Namespace } from './contract.ts';
import { readMessage } from './read-exi.ts';
import { readIso2Data } from './read-iso2-data.ts';
import { readIso20Data } from './read-iso20-data.ts';
import type { ResponseCertificates } from './response-certificates.ts';
import { signedDataPath as path } from './signed-data-refusal.ts';
import { exiOfXml, isXml } from './xml-data.ts';

/** Signed contract data that is consistent in itself. */
export interface OfferedData {
  readonly namespace: Namespace;
  readonly emaidKey: Emaid;
  /** As it is signed. */
  readonly emaid: string;
  readonly providerId: string;
  readonly certificates: ResponseCertificates;
  /**
   * The message with the session id `00` and, in -20, the time stamp 0 and no remaining chains: what is stored, and
   * what is compared to tell new data from known.
   */
  readonly exi: Uint8Array;
}

/** What is read of a message of either edition. */
export type ReadData = Omit<OfferedData, 'namespace' | 'providerId'>;

/**
 * Reads a CertificateInstallationRes of ISO 15118-2 or -20, whichever its EXI root element says, or one of -2 in XML (OPCP's
 * form), and checks all that
 * can be checked without knowing any root: digests and signature of the provisioning service, response code, that
 * EMAID and contract certificate agree, and the sizes of what the key is wrapped with.
 *
 * @throws ChargeGraphError EXI_INVALID, CERTIFICATE_INVALID, SIGNATURE_INVALID or BAD_INPUT
 */
export function readSignedData(octets: Uint8Array): OfferedData {
  const read = readMessage(isXml(octets) ? exiOfXml(octets) : octets, ['CertificateInstallationRes'], path);
  const { responseCode } = read.message.body;
  if (responseCode !== 'OK') {
    throw new ChargeGraphError(
      'BAD_INPUT',
      `The signed data has the response code ${responseCode}, not OK.`,
      { path },
    );
  }
  const data =
    read.namespace === 'ISO15118_2'
      ? readIso2Data(read.message, read.exi)
      : readIso20Data(read.message, read.exi);
  return { ...data, namespace: read.namespace, providerId: providerIdOf(data.emaidKey) };
}
