import fc from 'fast-check';
import {
  decodeMessage,
  encodeMessage,
  fragmentFieldsFromJson,
  inspectMessage,
  Iso15118Error,
  iso2FragmentNames,
  messageFromJson,
  messageFromXml,
  messageToJson,
  messageToXml,
  signerCertificateOf,
  verifyMessageSignature,
  withSessionId,
  type Iso2Message,
} from '../src/index.ts';
import { iso2Message } from '../src/iso2/arbitraries.fixture.ts';

/** A reader of hostile input. */
export interface FuzzTarget {
  readonly name: string;
  /** Of all inputs, how many in a hundred go to it. */
  readonly share: number;
  /** Valid inputs, from which the hostile ones are made. */
  readonly corpus: readonly Uint8Array[];
  /** Reads one input; gives whether it was accepted. Anything but an {@link Iso15118Error} that gets out is a fault. */
  readonly read: (octets: Uint8Array) => boolean;
}

const CORPUS_SIZE = 60;

/** All readers of the package, with messages made from the seed as their valid inputs. */
export function createTargets(seed: number): readonly FuzzTarget[] {
  const messages = fc.sample(iso2Message, { seed, numRuns: CORPUS_SIZE });
  const json = messages.map((message) => JSON.stringify(messageToJson(message)));
  return [
    { name: 'decodeMessage', share: 60, corpus: messages.map(encodeMessage), read: readExi },
    { name: 'withSessionId', share: 5, corpus: messages.map(encodeMessage), read: readTemplate },
    {
      name: 'messageFromXml',
      share: 15,
      corpus: messages.map((message) => octetsOf(messageToXml(message))),
      read: readXml,
    },
    { name: 'messageFromJson', share: 20, corpus: json.map(octetsOf), read: readJson },
  ];
}

function readExi(octets: Uint8Array): boolean {
  return accepts(() => inspectMessage(octets).message, useMessage);
}

function readXml(octets: Uint8Array): boolean {
  return accepts(() => messageFromXml(octets), useMessage);
}

function readTemplate(octets: Uint8Array): boolean {
  return accepts(
    () => withSessionId(octets, Uint8Array.of(1, 2, 3)),
    (patched) => accepts(() => decodeMessage(patched)),
  );
}

function readJson(octets: Uint8Array): boolean {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(octets).toString('utf8'));
  } catch {
    return false;
  }
  for (const name of iso2FragmentNames) accepts(() => fragmentFieldsFromJson(name, value));
  return accepts(() => messageFromJson(value), useMessage);
}

/** What a pool does with a message that it has read must not fail in any other way either. */
function useMessage(message: Iso2Message): void {
  accepts(() => encodeMessage(message));
  accepts(() => messageToXml(message));
  accepts(() => messageToJson(message));
  accepts(() => verifyMessageSignature(message, signerCertificateOf(message.body)));
}

/** Whether something is done without one of the errors of the package; any other gets out. */
function accepts<Value>(act: () => Value, use: (value: Value) => void = () => undefined): boolean {
  let value: Value;
  try {
    value = act();
  } catch (error) {
    if (error instanceof Iso15118Error) return false;
    throw error;
  }
  use(value);
  return true;
}

function octetsOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'utf8'));
}
