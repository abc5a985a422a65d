import type { ChargeGraphError, ErrorCode } from '@chargegraph/service';
import { httpStatus, type ShownError } from '../http/errors.ts';
import type { OperationId } from './contract.ts';

/** What OPCP says in place of the graph. */
interface Row {
  /** Where it is not the error code's. */
  readonly status?: number;
  /** Where it is not the graph's own sentence. */
  readonly sentence?: string | ((sentence: string) => string);
}

/** Its description of the call has no 404. */
const not404 = { NOT_FOUND: { status: 400 } };

/**
 * Where OPCP answers an operation's refusal with another sentence or status than the code's: most sentences of the pools
 * are OPCP's already, and `httpStatus` has the status of every code.
 */
const rows: Partial<Record<OperationId, Partial<Record<ErrorCode, Row>>>> = {
  saveRootCert: {
    CERTIFICATE_INVALID: {
      sentence: (sentence) => sentence.replace(/ on certificate$/, ' on caCertificate'),
    },
  },
  createAndForwardSignedContractData: not404,
  createSignedContractData: not404,
  generateSignedContractData: not404,
};

/** A refusal as OPCP words it for an operation. */
export function opcpRefusal(operationId: OperationId, { code, message }: ChargeGraphError): ShownError {
  const { status = httpStatus[code], sentence = message } = rows[operationId]?.[code] ?? {};
  return { status, code, message: typeof sentence === 'string' ? sentence : sentence(message) };
}
