import {
  decodeIso20Message,
  decodeMessage,
  digestFragment,
  encodeFragment,
  encodeIso20Message,
  encodeMessage,
  fillIso20ResponseTemplate,
  iso20ResponseTemplateOf,
  withSessionId,
  type Iso2Message,
  type Iso20Message,
} from '../../src/index.ts';
import { iso2Requests, iso2Responses } from './iso2-samples.ts';
import { iso20Requests, iso20Responses } from './iso20-samples.ts';
import type { Operation } from './measure.ts';
import { octets, type Sample } from './samples.ts';

/** An operation on messages, with what is to be compared. */
export interface MessageOperation extends Operation {
  /** Of the encoded messages, in octets. */
  readonly averageSize: number;
  /** How many different messages it rotates over. */
  readonly inputs: number;
  /** What libcbv2g, compiled with -O2, reaches as a multiple of the yardstick; absent where there is no target. */
  readonly libcbv2g?: number;
}

/** Everything that is measured, with its inputs. */
export async function createOperations(): Promise<readonly MessageOperation[]> {
  const [requests, responses] = [await iso2Requests(), await iso2Responses()];
  const [requests20, responses20] = [await iso20Requests(), await iso20Responses()];
  const templates = responses20.map(({ bytes }) => ({ bytes, template: iso20ResponseTemplateOf(bytes) }));
  const sessionId = octets(8);
  const delivery = { sessionId, timeStamp: 1_800_000_123n, remainingContractCertificateChains: 2 };
  return [
    { ...over('decode request', requests, decode), libcbv2g: 7.2 },
    { ...over('decode response', responses, decode), libcbv2g: 1.6 },
    { ...over('encode request', requests, encode), libcbv2g: 6.5 },
    { ...over('encode response', responses, encode), libcbv2g: 0.64 },
    over('fragments and digests of response', responses, ({ message }) => fragmentsOf(message)),
    over('response, other SessionID', responses, ({ bytes }) => withSessionId(bytes, sessionId).length),
    over('-20: decode request', requests20, decode20),
    over('-20: decode response', responses20, decode20),
    over('-20: encode request', requests20, encode20),
    over('-20: encode response', responses20, encode20),
    over(
      '-20: response, other delivery',
      templates,
      ({ template }) => fillIso20ResponseTemplate(template, delivery).length,
    ),
  ];
}

function over<Input extends { readonly bytes: Uint8Array }>(
  name: string,
  inputs: readonly Input[],
  use: (input: Input) => number,
): MessageOperation {
  let next = 0;
  const run = (times: number): number => {
    let result = 0;
    for (let done = 0; done < times; done++) {
      const input = inputs[next];
      next = (next + 1) % inputs.length;
      if (input !== undefined) result += use(input);
    }
    return result;
  };
  const total = inputs.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return { name, run, inputs: inputs.length, averageSize: total / inputs.length };
}

function decode({ bytes }: Sample<Iso2Message>): number {
  return decodeMessage(bytes).header.sessionId.length;
}

function encode({ message }: Sample<Iso2Message>): number {
  return encodeMessage(message).length;
}

function decode20({ bytes }: Sample<Iso20Message>): number {
  return decodeIso20Message(bytes).header.sessionId.length;
}

function encode20({ message }: Sample<Iso20Message>): number {
  return encodeIso20Message(message).length;
}

/** The four digests that a response's signature refers to, and the octets that are signed. */
function fragmentsOf({ header: { signature }, body }: Iso2Message): number {
  if (body.type !== 'CertificateInstallationRes' || signature === undefined) {
    throw new Error('this is no signed response');
  }
  const digests = [
    digestFragment('ContractSignatureCertChain', body.contractSignatureCertChain),
    digestFragment('ContractSignatureEncryptedPrivateKey', body.contractSignatureEncryptedPrivateKey),
    digestFragment('DHpublickey', body.dhPublicKey),
    digestFragment('eMAID', body.emaid),
  ];
  return digests.length + encodeFragment('SignedInfo', signature.signedInfo).length;
}
