import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../iso2/decode.ts';
import { encodeMessage } from '../iso2/encode.ts';
import { ISO2_LIMITS } from '../iso2/limits.ts';
import type { CertificateInstallationRes, Iso2Message } from '../iso2/model.ts';
import { negativeCertificateInstallationRes } from '../iso2/negative.ts';
import {
  signCertificateInstallationReq,
  signCertificateInstallationRes,
  signedElements,
} from '../iso2/sign.ts';
import { signerCertificateOf } from '../iso2/signed-parts.ts';
import { signWith } from '../iso2/signer.ts';
import { captures, fromBase64, publicVectors, vectorsFolder } from '../iso2/vectors.fixture.ts';
import { verifyMessageSignature } from '../iso2/verify.ts';
import { XML_MAX_OCTETS } from './document.ts';
import { MessageXmlError, type XmlErrorCode } from './error.ts';
import { inspectXmlMessage, messageFromXml, messageFromXmlBase64 } from './read-message.ts';
import { messageToXml } from './write-message.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const sign = signWith(privateKey);
const sessionId = Uint8Array.of(0xab, 0x01);

const response = await signCertificateInstallationRes({
  ...signedElements({
    certificate: new Uint8Array(20).fill(7),
    subCertificates: [new Uint8Array(5).fill(8), new Uint8Array(6).fill(9)],
    encryptedPrivateKey: new Uint8Array(48).fill(9),
    dhPublicKey: new Uint8Array(65).fill(4),
    emaid: 'DE83DUIEN83QGZ',
  }),
  sessionId,
  responseCode: 'OK',
  saProvisioningCertificateChain: { certificate: new Uint8Array(30).fill(6) },
  sign,
});
const request = await signCertificateInstallationReq(
  {
    oemProvisioningCert: new Uint8Array(20).fill(5),
    listOfRootCertificateIDs: [{ x509IssuerName: 'DC=V2G,CN=Root & Sons', x509SerialNumber: -12n }],
  },
  { sessionId, sign },
);
const responseXml = messageToXml(response);
const requestXml = messageToXml(request);

function refusalOf(xml: string | Uint8Array): MessageXmlError {
  try {
    messageFromXml(xml);
  } catch (error) {
    if (error instanceof MessageXmlError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

/** The response in another text; the replacement must have changed it. */
function changed(from: string | RegExp, to: string, xml = responseXml): string {
  const text = xml.replace(from, to);
  if (text === xml) throw new Error(`there is no ${String(from)} to replace`);
  return text;
}

/** As provisioning services in the field write it: other prefixes, a namespace too many, no SessionID. */
function asInTheField(xml: string): string {
  const prefixes = { v2gci_d: 'ns6', v2gci_h: 'ns3', v2gci_b: 'ns7', v2gci_t: 'ns4', xmlsig: 'ns5' };
  let text = xml.replace(/<v2gci_h:SessionID>[^<]*<\/v2gci_h:SessionID>/, '');
  for (const [from, to] of Object.entries(prefixes)) text = text.replaceAll(from, to);
  return text
    .replace('?>', ' standalone="yes"?>\n')
    .replace('<ns6:V2G_Message', '<ns6:V2G_Message xmlns:ns2="urn:iso:15118:2:2010:AppProtocol"');
}

describe('messageToXml', () => {
  it('writes a negative response element by element in the namespaces of the standard', () => {
    const xml = messageToXml(
      negativeCertificateInstallationRes({
        sessionId,
        responseCode: 'FAILED_NoCertificateAvailable',
        notification: { faultCode: 'UnknownError', faultMsg: 'a < b & "c"\r' },
      }),
    );
    expect(xml).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>' +
        '<v2gci_d:V2G_Message xmlns:v2gci_d="urn:iso:15118:2:2013:MsgDef"' +
        ' xmlns:v2gci_h="urn:iso:15118:2:2013:MsgHeader" xmlns:v2gci_b="urn:iso:15118:2:2013:MsgBody"' +
        ' xmlns:v2gci_t="urn:iso:15118:2:2013:MsgDataTypes"' +
        ' xmlns:xmlsig="http://www.w3.org/2000/09/xmldsig#">' +
        '<v2gci_d:Header><v2gci_h:SessionID>AB01</v2gci_h:SessionID>' +
        '<v2gci_h:Notification><v2gci_t:FaultCode>UnknownError</v2gci_t:FaultCode>' +
        '<v2gci_t:FaultMsg>a &lt; b &amp; "c"&#13;</v2gci_t:FaultMsg></v2gci_h:Notification></v2gci_d:Header>' +
        '<v2gci_d:Body><v2gci_b:CertificateInstallationRes>' +
        '<v2gci_b:ResponseCode>FAILED_NoCertificateAvailable</v2gci_b:ResponseCode>' +
        '<v2gci_b:SAProvisioningCertificateChain><v2gci_t:Certificate>AA==</v2gci_t:Certificate>' +
        '</v2gci_b:SAProvisioningCertificateChain>' +
        '<v2gci_b:ContractSignatureCertChain><v2gci_t:Certificate>AA==</v2gci_t:Certificate>' +
        '</v2gci_b:ContractSignatureCertChain>' +
        '<v2gci_b:ContractSignatureEncryptedPrivateKey v2gci_t:Id="0">AA==' +
        '</v2gci_b:ContractSignatureEncryptedPrivateKey>' +
        '<v2gci_b:DHpublickey v2gci_t:Id="0">AA==</v2gci_b:DHpublickey>' +
        '<v2gci_b:eMAID v2gci_t:Id="0">0</v2gci_b:eMAID>' +
        '</v2gci_b:CertificateInstallationRes></v2gci_d:Body></v2gci_d:V2G_Message>',
    );
  });

  it('gives the Id of a request the namespace of the body, and its roots that of XML Signature', () => {
    expect(requestXml).toContain('<v2gci_b:CertificateInstallationReq v2gci_b:Id="ID1">');
    expect(requestXml).toContain(
      '<v2gci_t:RootCertificateID><xmlsig:X509IssuerName>DC=V2G,CN=Root &amp; Sons</xmlsig:X509IssuerName>' +
        '<xmlsig:X509SerialNumber>-12</xmlsig:X509SerialNumber></v2gci_t:RootCertificateID>',
    );
  });

  it.each<[string, XmlErrorCode, (message: Iso2Message<CertificateInstallationRes>) => Iso2Message]>([
    ['Header/SessionID', 'TOO_LONG', (message) => ({ ...message, header: { sessionId: new Uint8Array(9) } })],
    [
      'CertificateInstallationRes/eMAID',
      'TOO_LONG',
      ({ header, body }) => ({ header, body: { ...body, emaid: { id: 'ID4', value: 'X'.repeat(16) } } }),
    ],
    [
      'SAProvisioningCertificateChain/Certificate',
      'TOO_LONG',
      ({ header, body }) => ({
        header,
        body: { ...body, saProvisioningCertificateChain: { certificate: new Uint8Array(801) } },
      }),
    ],
    [
      'ContractSignatureCertChain/SubCertificates',
      'COUNT',
      ({ header, body }) => ({
        header,
        body: {
          ...body,
          contractSignatureCertChain: { certificate: new Uint8Array(1), subCertificates: [] },
        },
      }),
    ],
    [
      'DHpublickey/@Id',
      'CHARACTER',
      ({ header, body }) => ({ header, body: { ...body, dhPublicKey: { id: '\u0000', value: sessionId } } }),
    ],
    [
      'Body/CertificateUpdateRes/RetryCounter',
      'INTEGER_RANGE',
      ({ header, body }) => ({
        header,
        body: { ...body, type: 'CertificateUpdateRes', retryCounter: 40_000 },
      }),
    ],
  ])('refuses a wrong %s as encoding does', (path, code, change) => {
    const message = change(response);
    expect(() => messageToXml(message)).toThrow(
      expect.objectContaining({ code, path: expect.stringMatching(new RegExp(`${path}$`)) }),
    );
    expect(() => encodeMessage(message)).toThrow(expect.objectContaining({ code }));
  });
});

describe('messageFromXml', () => {
  it('reads what systems in the field write, and names that SessionID is not there', () => {
    const { message, variants } = inspectXmlMessage(asInTheField(responseXml));
    expect(variants).toEqual(['no-session-id']);
    expect(message).toEqual({ ...response, header: { ...response.header, sessionId: new Uint8Array(0) } });
    expect(inspectXmlMessage(responseXml).variants).toEqual([]);
  });

  it('reads white space around base64, hexadecimal, integers and enumeration values, and a byte order mark', () => {
    const xml = changed('>OK<', '>\n OK\t<', changed('>AB01<', '> ab01\r\n<'));
    const broken = changed(/CQkJ/g, 'CQ\n kJ', xml);
    expect(messageFromXml(`\uFEFF${broken}`)).toEqual(response);
    expect(messageFromXml(Buffer.from(`\uFEFF${broken}`))).toEqual(response);
    expect(messageFromXml(changed('>-12<', '> -0012 <', requestXml))).toEqual(request);
  });

  it('reads the predefined entities and character references', () => {
    const xml = changed('DC=V2G,CN=Root &amp; Sons', '&#68;C=V2G,CN=Root &#x26; Sons', requestXml);
    expect(messageFromXml(xml)).toEqual(request);
  });

  it('takes a default namespace', () => {
    const xml = responseXml.replaceAll('v2gci_d:', '').replace('xmlns:v2gci_d', 'xmlns');
    expect(messageFromXml(xml)).toEqual(response);
  });

  it.each<[string, XmlErrorCode, string]>([
    ['a document type', 'XML_FORBIDDEN', changed('?>', '?><!DOCTYPE V2G_Message>')],
    [
      'an entity of its own',
      'XML_FORBIDDEN',
      changed('?>', '?><!DOCTYPE x [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]>'),
    ],
    ['an entity that is not predefined', 'XML_SYNTAX', changed('>OK<', '>&nbsp;<')],
    ['an entity named as a property of objects', 'XML_SYNTAX', changed('>OK<', '>&constructor;<')],
    ['a processing instruction', 'XML_FORBIDDEN', changed('?>', '?><?php echo 1 ?>')],
    ['a comment', 'XML_FORBIDDEN', changed('>OK<', '>O<!-- -->K<')],
    ['a CDATA section', 'XML_FORBIDDEN', changed('>OK<', '><![CDATA[OK]]><')],
    ['another version of XML', 'XML_SYNTAX', changed('1.0', '1.1')],
    ['another declared encoding', 'XML_ENCODING', changed('UTF-8', 'ISO-8859-1')],
    ['half a surrogate pair', 'XML_ENCODING', changed('DE83', '\uD800')],
    ['a prefix without namespace', 'XML_SYNTAX', changed(/v2gci_b:eMAID/g, 'x:eMAID')],
    ['an element that is not closed', 'XML_SYNTAX', changed('</v2gci_b:eMAID>', '')],
    ['two elements of the document', 'XML_SYNTAX', `${responseXml}<a/>`],
    ['no element', 'XML_SYNTAX', '<?xml version="1.0"?>'],
    ['nothing', 'XML_SYNTAX', ''],
    ['another document', 'UNSUPPORTED_MESSAGE', changed('15118:2:2013:MsgDef', '15118:2:2010:MsgDef')],
    [
      'another message',
      'UNSUPPORTED_MESSAGE',
      changed(/v2gci_b:CertificateInstallationRes/g, 'v2gci_b:AuthorizationRes'),
    ],
    [
      'a message of another namespace',
      'UNSUPPORTED_MESSAGE',
      changed(/v2gci_b:CertificateInstallationRes/g, 'v2gci_t:CertificateInstallationRes'),
    ],
    ['an empty body', 'XML_MISSING', changed(/<v2gci_b:.*<\/v2gci_b:[^>]*>/, '')],
    ['an unknown element', 'XML_ELEMENT', changed('</v2gci_d:Header>', '<v2gci_h:X/></v2gci_d:Header>')],
    ['an element of another namespace', 'XML_ELEMENT', changed(/v2gci_b:eMAID/g, 'v2gci_t:eMAID')],
    ['an element twice', 'XML_ELEMENT', changed(/(<v2gci_b:eMAID.*<\/v2gci_b:eMAID>)/, '$1$1')],
    [
      'elements out of order',
      'XML_ELEMENT',
      changed(/(<v2gci_b:DHpublickey.*<\/v2gci_b:DHpublickey>)(<v2gci_b:eMAID.*<\/v2gci_b:eMAID>)/, '$2$1'),
    ],
    ['an element in a value', 'XML_ELEMENT', changed('>OK<', '>OK<v2gci_b:x/><')],
    ['a missing element', 'XML_MISSING', changed(/<v2gci_b:eMAID.*<\/v2gci_b:eMAID>/, '')],
    ['a missing attribute', 'XML_MISSING', changed(' v2gci_t:Id="ID4"', '')],
    ['an attribute of another namespace', 'XML_MISSING', changed('v2gci_t:Id="ID4"', 'Id="ID4"')],
    ['an unknown attribute', 'XML_ATTRIBUTE', changed('<v2gci_d:Body>', '<v2gci_d:Body a="b">')],
    ['an attribute of XML itself', 'XML_ATTRIBUTE', changed('<v2gci_d:Body>', '<v2gci_d:Body xml:lang="x">')],
    ['an attribute of a value', 'XML_ATTRIBUTE', changed('ResponseCode>', 'ResponseCode a="">')],
    ['an attribute twice', 'XML_SYNTAX', changed('v2gci_t:Id="ID4"', 'v2gci_t:Id="a" v2gci_t:Id="b"')],
    ['text between elements', 'XML_TEXT', changed('<v2gci_d:Body>', '<v2gci_d:Body>text')],
    [
      'text in an algorithm',
      'XML_TEXT',
      changed(/(<xmlsig:DigestMethod [^>]*)\/>/, '$1>x</xmlsig:DigestMethod>'),
    ],
    ['what is no base64', 'XML_VALUE', changed('CQkJ', 'CQ*J')],
    ['base64 without its padding', 'XML_VALUE', changed('==<', '<')],
    ['what is no hexadecimal', 'XML_VALUE', changed('>AB01<', '>AB0<')],
    ['a SessionID of 9 octets', 'TOO_LONG', changed('>AB01<', '>112233445566778899<')],
    ['a certificate of 801 octets', 'TOO_LONG', changed(/>BgYG[^<]*</, `>${'AAAA'.repeat(267)}<`)],
    ['an unknown response code', 'ENUMERATION', changed('>OK<', '>ok<')],
    ['five sub-certificates', 'COUNT', changed(/(<v2gci_t:SubCertificates>)(<.*?>.*?<.*?>)/, '$1$2$2$2$2')],
    ['an empty list', 'XML_MISSING', changed(/(<xmlsig:Transforms>).*?(<\/xmlsig:Transforms>)/, '$1$2')],
    [
      'KeyInfo',
      'UNSUPPORTED_ELEMENT',
      changed('</xmlsig:Signature>', '<xmlsig:KeyInfo/></xmlsig:Signature>'),
    ],
    ['an integer that is none', 'XML_VALUE', changed('>-12<', '>1e3<', requestXml)],
    ['an integer of 100 digits', 'INTEGER_RANGE', changed('>-12<', `>${'9'.repeat(100)}<`, requestXml)],
    [
      'an integer of thousands of digits',
      'INTEGER_RANGE',
      changed('>-12<', `>${'9'.repeat(9000)}<`, requestXml),
    ],
    [
      '21 roots',
      'COUNT',
      changed(/(<v2gci_t:Root.*<\/v2gci_t:RootCertificateID>)/, '$1'.repeat(21), requestXml),
    ],
    ['too many octets', 'XML_SIZE', changed('>OK<', `>${' '.repeat(XML_MAX_OCTETS)}OK<`)],
    ['elements nested deeply', 'XML_SIZE', '<a>'.repeat(100)],
    ['too many elements', 'XML_SIZE', `<a>${'<b/>'.repeat(5000)}</a>`],
  ])('refuses %s', (_what, code, xml) => {
    expect(refusalOf(xml).code).toBe(code);
  });

  it('refuses octets that are not UTF-8, with and without saying so', () => {
    expect(refusalOf(Buffer.from(responseXml, 'utf16le')).code).toBe('XML_SYNTAX');
    expect(refusalOf(Buffer.from(`\uFEFF${responseXml}`, 'utf16le')).code).toBe('XML_ENCODING');
    expect(refusalOf(Buffer.from(changed('DE83', '\u00E4'), 'latin1')).code).toBe('XML_ENCODING');
  });

  it('says what is wrong, in which element and where', () => {
    const error = refusalOf(changed('>OK<', '>ok<').replaceAll('><', '>\n<'));
    expect(error.path).toBe('V2G_Message/Body/CertificateInstallationRes/ResponseCode');
    expect(error.position).toEqual({ line: expect.any(Number), column: 23 });
    expect(error.message).toMatch(
      /^V2G_Message\/Body\/CertificateInstallationRes\/ResponseCode must be one of OK, .* \(at line \d+, column 23\)$/,
    );
  });

  it('does not repeat hostile names at length', () => {
    expect(refusalOf(`<${'a'.repeat(100_000)}/>`).message.length).toBeLessThan(1000);
    expect(
      refusalOf(changed('<v2gci_d:Body>', `<v2gci_d:Body ${'a'.repeat(100_000)}="">`)).message.length,
    ).toBeLessThan(1000);
  });

  it('takes base64 of the whole text, and refuses what is none', () => {
    expect(messageFromXmlBase64(Buffer.from(responseXml).toString('base64'))).toEqual(response);
    expect(() => messageFromXmlBase64('<xml/>')).toThrow(expect.objectContaining({ code: 'XML_VALUE' }));
  });
});

describe('a signature', () => {
  it('made for the one form verifies on the other', () => {
    const viaXml = messageFromXml(messageToXml(decodeMessage(encodeMessage(response))));
    expect(verifyMessageSignature(viaXml, publicKey)).toMatchObject({ valid: true, variants: [] });
    const viaExi = decodeMessage(encodeMessage(messageFromXml(asInTheField(responseXml))));
    expect(verifyMessageSignature(viaExi, publicKey)).toMatchObject({ valid: true, variants: [] });
    expect(verifyMessageSignature(messageFromXml(requestXml), publicKey).valid).toBe(true);
  });

  it('does not survive a change of the text', () => {
    const tampered = messageFromXml(changed('DE83DUIEN83QGZ', 'DE83DUIEN83QGY'));
    expect(verifyMessageSignature(tampered, publicKey).problems).toEqual(['digest-mismatch']);
  });
});

function emaidOf({ body }: Iso2Message): string {
  if (body.type === 'CertificateInstallationReq') return '';
  return typeof body.emaid === 'string' ? body.emaid : body.emaid.value;
}

describe.skipIf(vectorsFolder === undefined)('the cross-checked vectors and captures', () => {
  // Some captures hold the hyphenated form of eMAID, which is read and never written.
  const messages = [...publicVectors('messages'), ...publicVectors('signed'), ...captures()]
    .map(({ name, exiBase64 }) => ({ name, message: decodeMessage(fromBase64(exiBase64)) }))
    .filter(({ message }) => emaidOf(message).length <= ISO2_LIMITS.emaid);

  it('are the same after a journey as XML, with the same verdict on their signatures', () => {
    let valid = 0;
    for (const { name, message } of messages) {
      const read = messageFromXml(messageToXml(message));
      expect(read, name).toEqual(message);
      const verdict = verifyMessageSignature(message, signerCertificateOf(message.body));
      expect(verifyMessageSignature(read, signerCertificateOf(read.body)), name).toEqual(verdict);
      if (verdict.valid) valid++;
    }
    expect(valid).toBeGreaterThan(10);
    expect(messages.length).toBeGreaterThan(50);
  });
});
