import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { IdentifierError, ISO20_NAMESPACE, parseNamespace } from '@chargegraph/iso15118';
import { ChargeGraphError, errorCodes, type ErrorCode } from '@chargegraph/service';
import type { GraphExecutor } from '../graph/executor.ts';
import { sendOpcpError, showError } from '../http/errors.ts';
import type { PartnerLimits } from '../limits/partner-limits.ts';
import { runForPartner } from '../limits/run-for-partner.ts';

const mutation = /* GraphQL */ `
  mutation RequestCertificateInstallation($input: RequestCertificateInstallationInput!) {
    requestCertificateInstallation(input: $input) {
      certificateInstallationRes
      outcome
      contracts {
        emaid
        certificateInstallationRes
      }
      reason
      userErrors {
        message
        code
      }
    }
  }
`;

interface Answer {
  readonly certificateInstallationRes: string | null;
  readonly outcome: string | null;
  readonly contracts: readonly { readonly emaid: string; readonly certificateInstallationRes: string }[];
  readonly reason: string | null;
  readonly userErrors: readonly { message: string; code: string }[];
}

/**
 * `POST /v1/ccp/signedContractData` (OPCP 1.0, "Get Signed Contract Data"): a car's EXI request in, the EXI response
 * out, or several in ISO 15118-20, one entry of `emaidContent` each, in the order in which the car is to be given them.
 * `xsdMsgDefNamespace` says which generation the request is of and may be wrong. Undecodable: 400 in JSON. No contract or vehicle: 404, refused for signature, chain or dates: 200, both with
 * the negative EXI; with the header `alwaysReturnEXI: false` those are 404 and 400 in JSON.
 */
export function addCertificateInstallationRoute(
  server: FastifyInstance,
  deps: { readonly executor: GraphExecutor; readonly limits: PartnerLimits },
): void {
  server.post('/v1/ccp/signedContractData', async (request, reply) => {
    const { caller, id: traceId } = request;
    if (caller === undefined) throw new Error('The token check did not run.');
    const exi = readRequest(request.body);
    const { response } = await runForPartner(deps, {
      query: mutation,
      variables: {
        input: { certificateInstallationReq: exi, namespace: declaredNamespace(request.body) },
      },
      caller,
      traceId,
    });
    const error = response.errors?.[0];
    if (error !== undefined) throw asChargeGraphError(error.message, error.extensions?.['code']);
    const answer = response.data?.['requestCertificateInstallation'] as Answer;
    const refusal = answer.userErrors[0];
    if (refusal !== undefined) throw asChargeGraphError(refusal.message, refusal.code);
    return await sendAnswer(request, reply, answer);
  });
}

/** The generation that a client declares; what names none is no declaration. */
function declaredNamespace(body: unknown): 'ISO15118_2' | 'ISO15118_20' | undefined {
  const isDeclared = typeof body === 'object' && body !== null && 'xsdMsgDefNamespace' in body;
  const declared = isDeclared ? body.xsdMsgDefNamespace : undefined;
  if (typeof declared !== 'string') return undefined;
  try {
    return parseNamespace(declared) === ISO20_NAMESPACE ? 'ISO15118_20' : 'ISO15118_2';
  } catch (error) {
    if (error instanceof IdentifierError) return undefined;
    throw error;
  }
}

/** Characters of base64 that no car's request reaches: certificates in it have 1,600 octets each at most. */
const longestRequest = 100_000;

/** Base64 in one line or wrapped; anything else cannot be EXI. */
function readRequest(body: unknown): string {
  const value =
    typeof body === 'object' && body !== null && 'certificateInstallationReq' in body
      ? body.certificateInstallationReq
      : undefined;
  if (typeof value !== 'string' || value.trim() === '') {
    throw new ChargeGraphError('BAD_INPUT', 'certificateInstallationReq : must not be blank');
  }
  const compact = value.replace(/\s/g, '');
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact);
  if (!isBase64 || compact.length > longestRequest) {
    throw new ChargeGraphError('EXI_INVALID', 'EXI format is invalid!');
  }
  return compact;
}

function asChargeGraphError(message: string, code: unknown): ChargeGraphError {
  const known = errorCodes.find((each) => each === code) ?? ('INTERNAL' satisfies ErrorCode);
  return new ChargeGraphError(known, message);
}

async function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Answer,
): Promise<FastifyReply> {
  const { certificateInstallationRes, contracts, outcome } = answer;
  if (outcome === 'DELIVERED') return await reply.send(opcpResponse(contracts));
  const missing = outcome === 'NO_CONTRACT';
  if (String(request.headers['alwaysreturnexi']).toLowerCase() === 'false') {
    const shown = missing
      ? showError(new ChargeGraphError('NOT_FOUND', 'Contract or Vehicle not found.'))
      : showError(new ChargeGraphError('BAD_INPUT', answer.reason ?? 'The request was refused.'));
    return await sendOpcpError(reply, shown, request.id);
  }
  return await reply.status(missing ? 404 : 200).send(opcpResponse([{ certificateInstallationRes }]));
}

/** OPCP's body: an entry for each message. */
function opcpResponse(messages: readonly object[]): object {
  return { CCPResponse: { emaidContent: messages.map((messageDef) => ({ messageDef })) } };
}
