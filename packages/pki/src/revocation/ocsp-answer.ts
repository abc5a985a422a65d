import {
  id_pkix_ocsp_basic,
  id_pkix_ocsp_nonce,
  OCSPResponse,
  OCSPResponseStatus,
  ResponseData,
  type SingleResponse,
} from '@peculiar/asn1-ocsp';
import { AsnConvert } from '@peculiar/asn1-schema';
import type { Extension } from '@peculiar/asn1-x509';
import { bitStringOctets, elementsOf, readOnlyElement, type Element } from './elements.ts';
import { clockSkew, holdsUntil, type Lifetimes } from './freshness.ts';
import { sameInteger, integerOctets } from './integer-octets.ts';
import { NoVerdict } from './no-verdict.ts';
import { certIdHash, type OcspQuestion } from './ocsp-request.ts';
import { signersOf, type OcspSigner } from './ocsp-signer.ts';
import { reasonName } from './reasons.ts';
import { isSignature } from './signature.ts';
import { verdictOf, type Verdict } from './verdict.ts';

/** A BasicOCSPResponse taken apart. */
interface BasicAnswer {
  readonly data: ResponseData;
  /** What is signed. */
  readonly signed: Uint8Array;
  readonly responderId: Element;
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
  readonly certificates: readonly Uint8Array[];
}

/**
 * Reads and verifies the answer to `question` (RFC 6960 clauses 3.2 and 4.2): status, signature and who may sign,
 * nonce, that it is about this certificate, and that it holds at `now`. An answer without nonce is taken, since many
 * responders give prepared ones; a wrong nonce is not.
 *
 * @throws NoVerdict if it gives none
 */
export async function readOcspAnswer(
  octets: Uint8Array,
  question: OcspQuestion,
  now: Date,
  lifetimes: Lifetimes,
): Promise<Verdict> {
  const answer = readable(() => takeApart(octets));
  const { data } = answer;
  refuseUnknownExtensions(data.responseExtensions);
  const hasNonce = checkNonce(data, question.nonce);
  if (!(data.producedAt.getTime() <= now.getTime() + clockSkew)) {
    throw new NoVerdict('gave an answer from the future');
  }
  const signer = await verifiedSigner(answer, question, now);
  const single = readable(() => singleOf(data, question));
  refuseUnknownExtensions(single.singleExtensions);
  const { thisUpdate, nextUpdate, certStatus } = single;
  // A nonce proves that the answer was made just now, however long its knowledge is unchanged.
  const oldest = hasNonce ? lifetimes.longest : lifetimes.withoutNextUpdate;
  const period = { thisUpdate, nextUpdate };
  const about = { by: signer.name, thisUpdate, holdsUntil: holdsUntil(period, now, lifetimes, oldest) };
  if (certStatus.revoked !== undefined) {
    const { revocationTime: revokedAt, revocationReason } = certStatus.revoked;
    return verdictOf({ revokedAt, reason: reasonName(revocationReason?.reason) }, about, now);
  }
  if (certStatus.good === null) return verdictOf(undefined, about, now);
  throw new NoVerdict('does not know the certificate');
}

function takeApart(octets: Uint8Array): BasicAnswer {
  readOnlyElement(octets);
  const { responseStatus, responseBytes } = AsnConvert.parse(octets, OCSPResponse);
  if (responseStatus !== OCSPResponseStatus.successful) {
    const name = (OCSPResponseStatus[responseStatus] as string | undefined) ?? String(responseStatus);
    throw new NoVerdict(`refused to answer (${name})`);
  }
  if (responseBytes?.responseType !== id_pkix_ocsp_basic) throw new NoVerdict('gave another kind of answer');
  const basic = readOnlyElement(new Uint8Array(responseBytes.response.buffer));
  const [tbs, algorithm, signature, wrapped, ...more] = elementsOf(basic);
  if (tbs === undefined || algorithm === undefined || signature === undefined || more.length > 0) {
    throw new Error('fields are missing or left over');
  }
  const fields = elementsOf(tbs);
  const responderId = fields[0]?.context === 0 ? fields[1] : fields[0];
  if (responderId === undefined) throw new Error('there is no responder id');
  const [list] = wrapped === undefined ? [] : elementsOf(wrapped);
  return {
    data: AsnConvert.parse(tbs.raw, ResponseData),
    signed: tbs.raw,
    responderId,
    algorithm: algorithm.raw,
    signature: bitStringOctets(signature),
    certificates: list === undefined ? [] : elementsOf(list).map(({ raw }) => raw),
  };
}

async function verifiedSigner(answer: BasicAnswer, { issuer }: OcspQuestion, now: Date): Promise<OcspSigner> {
  const { algorithm, signed, signature } = answer;
  const signers = readable(() => signersOf(answer.responderId, answer.certificates, issuer, now));
  for (const signer of signers) {
    if (await isSignature(algorithm, signed, signer.certificate.publicKey, signature)) return signer;
  }
  throw new NoVerdict('gave an answer with a wrong signature');
}

/** The one answer about the certificate; an answer may hold others about its neighbours. */
function singleOf(data: ResponseData, question: OcspQuestion): SingleResponse {
  const serial = integerOctets(question.certificate.serialNumber);
  const matching = data.responses.filter(
    ({ certID }) =>
      certID.hashAlgorithm.algorithm === certIdHash &&
      Buffer.compare(new Uint8Array(certID.issuerNameHash.buffer), question.issuerNameHash) === 0 &&
      Buffer.compare(new Uint8Array(certID.issuerKeyHash.buffer), question.issuerKeyHash) === 0 &&
      sameInteger(new Uint8Array(certID.serialNumber), serial),
  );
  const [single] = matching;
  if (single === undefined) throw new NoVerdict('gave an answer about another certificate');
  if (matching.length > 1) throw new NoVerdict('gave more than one answer about the certificate');
  return single;
}

/** True if the answer repeats the nonce, false if it has none. */
function checkNonce({ responseExtensions = [] }: ResponseData, sent: Uint8Array): boolean {
  const nonces = responseExtensions.filter(({ extnID }) => extnID === id_pkix_ocsp_nonce);
  if (nonces.length === 0) return false;
  const right = nonces.every(({ extnValue }) => Buffer.compare(new Uint8Array(extnValue.buffer), sent) === 0);
  if (!right) throw new NoVerdict('gave an answer with a wrong nonce');
  return true;
}

function refuseUnknownExtensions(extensions: readonly Extension[] = []): void {
  if (extensions.some(({ critical, extnID }) => critical && extnID !== id_pkix_ocsp_nonce)) {
    throw new NoVerdict('gave an answer with a critical extension that is not known');
  }
}

/** What parsers throw says nothing to people. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof NoVerdict) throw cause;
    throw new NoVerdict('gave an answer that cannot be read', { cause });
  }
}
