import { readFileSync } from 'node:fs';
import {
  decodeAnyMessage,
  encodeIso20Message,
  fillIso20ResponseTemplate,
  inspectIso20Message,
  iso20FragmentFieldsFromJson,
  iso20FragmentNames,
  iso20MessageFromJson,
  iso20MessageToJson,
  iso20ResponseTemplateOf,
  iso20SignerCertificateOf,
  verifyIso20MessageSignature,
  type Iso20Message,
} from '../src/index.ts';
import { accepts, octetsOf, readJsonBy, type FuzzTarget } from './target.ts';

interface Golden {
  readonly messages: readonly { readonly exiBase64: string; readonly message: unknown }[];
}

/** The readers of ISO 15118-20, with the golden messages as their valid inputs. */
export function createIso20Targets(): readonly FuzzTarget[] {
  const file = new URL('../golden/iso20.json', import.meta.url);
  const { messages } = JSON.parse(readFileSync(file, 'utf8')) as Golden;
  const exi = messages.map(({ exiBase64 }) => new Uint8Array(Buffer.from(exiBase64, 'base64')));
  const json = messages.map(({ message }) => octetsOf(JSON.stringify(message)));
  return [
    { name: 'decodeIso20Message', share: 25, corpus: exi, read: readExi },
    { name: 'iso20ResponseTemplateOf', share: 5, corpus: exi, read: readTemplate },
    { name: 'iso20MessageFromJson', share: 10, corpus: json, read: readJson },
  ];
}

function readExi(octets: Uint8Array): boolean {
  accepts(() => decodeAnyMessage(octets));
  return accepts(() => inspectIso20Message(octets).message, useMessage);
}

function readTemplate(octets: Uint8Array): boolean {
  const delivery = { sessionId: octets.slice(0, 8), timeStamp: 1n, remainingContractCertificateChains: 1 };
  accepts(() => fillIso20ResponseTemplate({ octets, remainingBit: octets.length * 8 - 10 }, delivery));
  return accepts(
    () => iso20ResponseTemplateOf(octets),
    (template) => accepts(() => fillIso20ResponseTemplate(template, delivery)),
  );
}

function readJson(octets: Uint8Array): boolean {
  return readJsonBy(octets, (value) => {
    for (const name of iso20FragmentNames) accepts(() => iso20FragmentFieldsFromJson(name, value));
    return accepts(() => iso20MessageFromJson(value), useMessage);
  });
}

function useMessage(message: Iso20Message): void {
  accepts(() => encodeIso20Message(message));
  accepts(() => iso20MessageToJson(message));
  accepts(() => verifyIso20MessageSignature(message, iso20SignerCertificateOf(message.body)));
}
