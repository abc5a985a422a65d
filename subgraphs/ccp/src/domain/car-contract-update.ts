import {
  decodeMessage,
  encodeMessage,
  negativeCertificateUpdateRes,
  toCertificateUpdateRes,
  verifyMessageSignature,
  type CertificateUpdateReq,
  type Emaid,
  type Iso2Message,
} from '@chargegraph/iso15118';
import { hasAnyRole, ownsVehicle, type Caller } from '@chargegraph/identity';
import { checkProfile, parseCertificate, type Certificate, type ProfileStrictness } from '@chargegraph/pki';
import type { RootSet } from '@chargegraph/trust';
import { oneContract, type CarAnswer } from './car-answer.ts';
import { chooseVariant, logUnmatchedRoots } from './choose-variant.ts';
import type { Contract, SignedContractData } from './contract.ts';
import { contractWarnings } from './data-warnings.ts';
import { emaidIdentity, readable } from './readable.ts';
import { refusalCodes, type Refused } from './refusals.ts';
import { refusedData, revocationRefusal } from './revoked-data.ts';
import { badSignature, verifiedChain } from './vehicle.ts';
import type { Work } from './work.ts';

/** RetryCounter (ISO 15118-2, 8.4.3): when the car may ask again, at the next charging or never. */
const atNextCharging = 0;
const never = -1;

/** The car's present contract, proven to be its own. */
interface PresentContract {
  readonly emaidKey: Emaid;
  readonly certificate: Certificate;
  /** The certificate first, its root last. */
  readonly path: readonly Certificate[];
  /** The root that its chain ends at. */
  readonly root: Certificate;
}

/**
 * Answers a CertificateUpdateReq of ISO 15118-2, by which a car has its contract certificate renewed: with the newer
 * data of that same EMAID, in the variant whose V2G root the car lists. In this order, the first failing step answers:
 * does the contract certificate in the request hold now and name the EMAID; is the signature its key's; is anything of
 * its chain revoked; is the contract known (and, for a car maker, one of its cars'); is the certificate of that contract's issuer; is there
 * anything newer.
 *
 * The pool keeps no former certificates. One that it does not hold is taken for a former one when its chain ends at
 * the root of the stored contract, or at another of that root's name, which a renewed root has: so no other mobility
 * operator's CA can speak for the contract.
 */
export async function updateCarContract(
  work: Work,
  message: Iso2Message<CertificateUpdateReq>,
): Promise<CarAnswer> {
  const { sessionId } = message.header;
  const { listOfRootCertificateIDs: listed } = message.body;
  const refused = ({ cause, reason }: Refused): CarAnswer => {
    const { outcome, iso2: responseCode } = refusalCodes[cause];
    const negative = negativeCertificateUpdateRes({
      sessionId,
      responseCode,
      ...(cause === 'UNKNOWN' && { retryCounter: never }),
      ...(cause === 'UNAVAILABLE' && { retryCounter: atNextCharging }),
    });
    return { outcome, exi: encodeMessage(negative), reason };
  };

  const trusted = await work.pools.roots.current();
  const at = work.clock.now();
  const present = readPresentContract(message, trusted, work.strictness.profile, at);
  if ('cause' in present) return refused(present);
  const revoked = revocationRefusal(await work.revocation.judge(present.path));
  if (revoked !== undefined) return refused(revoked);
  const found = await work.store.findWithData(present.emaidKey, 'ISO15118_2');
  if (found === undefined || !mayAsk(work.caller, found.contract)) {
    return refused({ cause: 'UNKNOWN', reason: 'No contract with this EMAID is known.' });
  }
  const { contract, variants } = found;
  if (!variants.some((variant) => isOfIssuer(present, variant, trusted))) {
    return refused({
      cause: 'CHAIN',
      reason: "The request's contract certificate is not of the issuer of the stored contract.",
    });
  }
  const newer = variants.filter(
    ({ contractFingerprint }) => contractFingerprint !== present.certificate.fingerprint,
  );
  if (newer.length === 0) {
    return refused({ cause: 'UNAVAILABLE', reason: 'The car has the newest certificate of its contract.' });
  }
  logUnmatchedRoots(work.logger, newer, listed);
  const question = { listed, trusted, at };
  const variant = chooseVariant(newer, { ...question, refused: await refusedData(work, newer, question) });
  if ('cause' in variant) return refused(variant);
  return oneContract(contract.emaid, asUpdate(variant, sessionId));
}

/** As for installations: a charge point operator for any car, a car maker for its own. */
const mayAsk = (caller: Caller, { wmi }: Contract) => hasAnyRole(caller, ['CPO']) || ownsVehicle(caller, wmi);

function readPresentContract(
  message: Iso2Message<CertificateUpdateReq>,
  trusted: RootSet,
  profile: ProfileStrictness,
  at: Date,
): PresentContract | Refused {
  const { contractSignatureCertChain: chain, emaid } = message.body;
  const chainError = (reason: string): Refused => ({ cause: 'CHAIN', reason });
  const read = readable(() => ({
    certificate: parseCertificate(chain.certificate),
    subCas: (chain.subCertificates ?? []).map((der) => parseCertificate(der)),
  }));
  if (read === undefined) return chainError("A certificate of the request's contract cannot be read.");
  const { certificate, subCas } = read;
  const emaidKey = emaidIdentity(emaid);
  if (emaidKey === undefined || emaidKey !== emaidIdentity(certificate.commonName)) {
    return chainError("The request's eMAID is not that of its contract certificate.");
  }
  const finding = readable(() => checkProfile(certificate, 'CONTRACT_LEAF'))?.find(
    ({ severity }) => severity === 'hard',
  );
  if (finding !== undefined) return chainError(`The request's contract certificate: ${finding.message}`);
  const verified = verifiedChain({
    leaf: certificate,
    intermediates: subCas,
    roots: trusted.of('MO', 'V2G'),
    at,
  });
  if ('cause' in verified) return verified;
  if (profile === 'strict') {
    // Its sub-CAs are of the request too.
    const warnings = readable(() =>
      contractWarnings(verified.path.slice(0, -1), 'ISO15118_2', verified.root),
    );
    if (warnings === undefined) return chainError("A certificate of the request's contract cannot be read.");
    const [warning] = warnings;
    if (warning !== undefined) return chainError(`The request's certificate ${warning}`);
  }
  if (!verifyMessageSignature(message, certificate.publicKey).valid) return badSignature;
  return { emaidKey, certificate, path: verified.path, root: verified.root };
}

/** Whether a certificate is the stored contract's own, or of the same issuer. */
function isOfIssuer(
  { certificate, root }: PresentContract,
  { contractFingerprint, contractRootFingerprint }: SignedContractData,
  trusted: RootSet,
): boolean {
  if (contractFingerprint === certificate.fingerprint || contractRootFingerprint === root.fingerprint) {
    return true;
  }
  return trusted
    .of('MO', 'V2G')
    .some(
      ({ fingerprint, subjectKey }) =>
        fingerprint === contractRootFingerprint && subjectKey === root.subjectKey,
    );
}

/** The signature covers the four elements and not the message around them (ISO 15118-2, 7.9.2.4). */
function asUpdate({ exi }: SignedContractData, sessionId: Uint8Array): Uint8Array {
  const { header, body } = decodeMessage(exi);
  if (body.type !== 'CertificateInstallationRes') throw new Error(`Stored data is a ${body.type}.`);
  return encodeMessage(toCertificateUpdateRes({ header, body }, { sessionId }));
}
