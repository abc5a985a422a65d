import fc from 'fast-check';
import {
  decodeMessage,
  encodeMessage,
  fragmentFieldsFromJson,
  inspectMessage,
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
import { createIso20Targets } from './iso20-targets.ts';
import { accepts, octetsOf, readJsonBy, type FuzzTarget } from './target.ts';

const CORPUS_SIZE = 60;

/** All readers of the package, with messages made from the seed as their valid inputs. */
export function createTargets(seed: number): readonly FuzzTarget[] {
  const messages = fc.sample(iso2Message, { seed, numRuns: CORPUS_SIZE });
  const json = messages.map((message) => JSON.stringify(messageToJson(message)));
  return [
    { name: 'decodeMessage', share: 40, corpus: messages.map(encodeMessage), read: readExi },
    { name: 'withSessionId', share: 5, corpus: messages.map(encodeMessage), read: readTemplate },
    {
      name: 'messageFromXml',
      share: 15,
      corpus: messages.map((message) => octetsOf(messageToXml(message))),
      read: readXml,
    },
    { name: 'messageFromJson', share: 10, corpus: json.map(octetsOf), read: readJson },
    ...createIso20Targets(),
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
  return readJsonBy(octets, (value) => {
    for (const name of iso2FragmentNames) accepts(() => fragmentFieldsFromJson(name, value));
    return accepts(() => messageFromJson(value), useMessage);
  });
}

/** What a pool does with a message that it has read must not fail in any other way either. */
function useMessage(message: Iso2Message): void {
  accepts(() => encodeMessage(message));
  accepts(() => messageToXml(message));
  accepts(() => messageToJson(message));
  accepts(() => verifyMessageSignature(message, signerCertificateOf(message.body)));
}
