import { IdentifierError, ISO20_NAMESPACE, parseNamespace } from '@chargegraph/iso15118';
import { ChargeGraphError } from '@chargegraph/service';
import {
  RequestCertificateInstallationDocument,
  type InstallationOutcome,
  type Namespace,
} from '../../../generated/operations.ts';
import { base64Text } from '../base64-text.ts';
import { isHeader } from '../headers.ts';
import type { Answer, Handlers } from '../operation.ts';

/**
 * `POST /v1/ccp/signedContractData` (OPCP 1.0, "Get Signed Contract Data"): a car's EXI request in, the EXI response
 * out, or several in ISO 15118-20, one entry of `emaidContent` each, in the order in which the car is to be given them.
 * `xsdMsgDefNamespace` says which generation the request is of and may be wrong. Undecodable: 400 in JSON. No contract or
 * vehicle: 404, refused for signature, chain or dates: 200, both with the negative EXI; with the header
 * `alwaysReturnEXI: false` those are 404 and 400 in JSON.
 */
export const certificateInstallation = {
  getSignedContractData: async ({ body, headers, ask }) => {
    const { requestCertificateInstallation: answer } = await ask(RequestCertificateInstallationDocument, {
      input: {
        certificateInstallationReq: readRequest(body.certificateInstallationReq),
        namespace: declaredNamespace(body.xsdMsgDefNamespace),
      },
    });
    const { certificateInstallationRes, contracts, outcome, reason } = answer;
    if (outcome === 'DELIVERED') return { status: 200, body: opcpResponse(contracts) };
    if (isHeader(headers['alwaysreturnexi'], 'false')) throw refusalInJson(outcome, reason);
    const negative = opcpResponse([{ certificateInstallationRes: certificateInstallationRes ?? '' }]);
    return outcome === 'NO_CONTRACT' ? { status: 404, body: negative } : { status: 200, body: negative };
  },
} satisfies Handlers;

/** The generation that a client declares; what names none is no declaration. */
function declaredNamespace(declared: string | null | undefined): Namespace | undefined {
  if (declared == null) return undefined;
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
function readRequest(value: string): string {
  if (value.trim() === '') {
    throw new ChargeGraphError('BAD_INPUT', 'certificateInstallationReq : must not be blank');
  }
  const octets = base64Text(value);
  if (octets === undefined || octets.length > longestRequest) {
    throw new ChargeGraphError('EXI_INVALID', 'EXI format is invalid!');
  }
  return octets;
}

function refusalInJson(
  outcome: InstallationOutcome | null | undefined,
  reason: string | null | undefined,
): ChargeGraphError {
  if (outcome === 'NO_CONTRACT') return new ChargeGraphError('NOT_FOUND', 'Contract or Vehicle not found.');
  return new ChargeGraphError('BAD_INPUT', reason ?? 'The request was refused.');
}

/** OPCP's body: an entry for each message. */
function opcpResponse(
  messages: readonly { readonly certificateInstallationRes: string; readonly emaid?: string }[],
): Extract<Answer<'getSignedContractData'>, { readonly status: 200 }>['body'] {
  return { CCPResponse: { emaidContent: messages.map((messageDef) => ({ messageDef })) } };
}
