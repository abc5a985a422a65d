import type { CarAnswer } from './car-answer.ts';
import { updateCarContract } from './car-contract-update.ts';
import type { Namespace } from './contract.ts';
import { installIso2 } from './installation.ts';
import { installIso20 } from './iso20-installation.ts';
import { readMessage } from './read-exi.ts';
import type { Work } from './work.ts';

/** A car's request as a charge point operator or car maker hands it over. */
export interface CarRequest {
  readonly certificateInstallationReq: Uint8Array;
  /** The generation that the caller says it is of. */
  readonly namespace?: Namespace | undefined;
}

/**
 * Answers a car's signed CertificateInstallationReq of ISO 15118-2 or -20, or its CertificateUpdateReq, which -2 alone
 * has. The EXI root element decides which it is: a caller that says otherwise is logged and not refused, because
 * clients in the field always declare the namespace of 2013.
 *
 * @throws ChargeGraphError EXI_INVALID when the request cannot be read
 */
export async function answerCar(work: Work, request: CarRequest): Promise<CarAnswer> {
  const read = readMessage(
    request.certificateInstallationReq,
    ['CertificateInstallationReq', 'CertificateUpdateReq'],
    ['certificateInstallationReq'],
  );
  if (request.namespace !== undefined && request.namespace !== read.namespace) {
    work.logger.warn(
      { declared: request.namespace, found: read.namespace },
      'a request is of another generation than its sender says',
    );
  }
  if (read.namespace === 'ISO15118_20') return installIso20(work, read.message);
  const { header, body } = read.message;
  return body.type === 'CertificateUpdateReq'
    ? updateCarContract(work, { header, body })
    : installIso2(work, { header, body });
}
