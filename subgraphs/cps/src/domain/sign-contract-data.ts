import type { Act } from '@chargegraph/audit';
import type { Caller } from '@chargegraph/identity';
import type { KeyStore } from '@chargegraph/pki';
import type { Clock } from '@chargegraph/service';
import { requireAccepted } from '@chargegraph/revocation';
import { decideWith } from '@chargegraph/trust';
import type { UsableSigners } from './choose-signer.ts';
import {
  inputDigest,
  readContractData,
  requireCheckDigit,
  withVerifiedChain,
  type ContractData,
  type ContractDataInput,
} from './contract-data.ts';
import { signInstallationResponse } from './installation-response.ts';
import type { OtherPools, PublishOutcome, PublishRefusal, Vehicle } from './other-pools.ts';
import type { Signer, SignerStore } from './signer.ts';
import { requireVehicle, usableSigners } from './signing-parts.ts';
import { lenient, type Strictness } from './strictness.ts';
import type { SigningKey, SigningResult, SigningResultStore } from './signing-result.ts';

/** What is to be signed, for whom and by whom. */
export interface SigningInput extends ContractDataInput {
  /** The car; without it the signed data goes nowhere. */
  readonly pcid?: string | undefined;
  /** Whether the contract pool is given what was signed for the car. */
  readonly store?: boolean | undefined;
  /** Fingerprint of the V2G root whose signer shall sign. */
  readonly v2gRootFingerprint?: string | undefined;
}

/** Signed contract data. */
export interface SignedContractData {
  /** The CertificateInstallationRes in EXI. */
  readonly exi: Uint8Array;
  /** As signed: upper case, without hyphens. */
  readonly emaid: string;
  readonly signer: Signer;
  /** Global id in the contract pool; undefined when the pool was not given the data. */
  readonly contractId: string | undefined;
  /** Of the contract data, one sentence each; it was signed all the same. */
  readonly warnings: readonly string[];
}

/** What came of it: the signed data, or why the contract pool did not take it. */
export type SigningOutcome =
  { readonly signed: SignedContractData } | { readonly refusals: readonly PublishRefusal[] };

/** The rules for signing contract data. */
export interface ContractDataSigning {
  /**
   * Signs contract data and, for a known car, hands it to the contract pool unless told not to. What was signed is kept before that, and
   * the same data for the same car under the same V2G root gets the same octets again, as long as their signer's
   * chain is in its dates.
   *
   * @throws ChargeGraphError BAD_INPUT, CERTIFICATE_INVALID, CERTIFICATE_EXPIRED, CERTIFICATE_REVOKED, CHAIN_INVALID, ROOT_UNKNOWN,
   *   NOT_FOUND for an unknown car, SIGNER_UNAVAILABLE; FORBIDDEN for another operator's EMAID; UNAVAILABLE when
   *   another pool does not answer: try again
   */
  sign(input: SigningInput, caller: Caller, pools: OtherPools, act: Act): Promise<SigningOutcome>;
}

/** The rules over their stores and a key store. */
export function createContractDataSigning(deps: {
  readonly signers: Pick<SignerStore, 'ofNamespace'>;
  readonly results: SigningResultStore;
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  readonly strictness?: Strictness;
}): ContractDataSigning {
  const { signers, results, keyStore, clock, strictness = lenient } = deps;

  /** The kept result if it can still be handed out, else a new one. */
  async function resultOf(
    key: SigningKey,
    data: ContractData,
    usable: UsableSigners,
    act: Act,
  ): Promise<SigningResult> {
    const digest = inputDigest(data);
    const fingerprints = usable.map(({ certificate }) => certificate.fingerprint);
    const kept = await results.find(key);
    if (
      kept !== undefined &&
      fingerprints.includes(kept.signerFingerprint) &&
      equal(kept.inputDigest, digest)
    ) {
      return kept;
    }
    const [signer] = usable;
    const now = clock.now();
    const result: SigningResult = {
      key,
      inputDigest: digest,
      exi: await signInstallationResponse(data, { signer, keyStore, now }),
      signerFingerprint: signer.certificate.fingerprint,
      contractNotAfter: data.certificate.notAfter,
      createdAt: now,
    };
    return results.keep(result, fingerprints, act);
  }

  /**
   * Hands a result to the contract pool. Whoever signs contracts anew may have done so with this one meanwhile, and had
   * the pool hold it before this came: then that is handed in again, or the contract would end with its old signer.
   */
  async function handIn(
    result: SigningResult,
    { pcid, vehicle: { contractEpoch } }: { readonly pcid: string; readonly vehicle: Vehicle },
    usable: UsableSigners,
    pools: OtherPools,
  ): Promise<{ readonly result: SigningResult; readonly published: PublishOutcome }> {
    const published = await pools.publishContract(result.exi, pcid, { contractEpoch });
    if ('refusals' in published) return { result, published };
    const kept = await results.find(result.key);
    const latest = kept && { ...kept, ...kept.next };
    if (
      latest === undefined ||
      equal(latest.exi, result.exi) ||
      !equal(latest.inputDigest, result.inputDigest) ||
      !usable.some(({ certificate }) => certificate.fingerprint === latest.signerFingerprint)
    ) {
      return { result, published };
    }
    const again = await pools.publishContract(latest.exi, pcid, { contractEpoch });
    return 'refusals' in again ? { result, published } : { result: latest, published: again };
  }

  return {
    async sign({ pcid, store = true, v2gRootFingerprint, ...input }, caller, pools, act) {
      const { namespace } = input;
      const now = clock.now();
      const read = readContractData(input, caller, now);
      requireCheckDigit(read.emaid, strictness);
      const data = await decideWith(pools.roots, (held) =>
        withVerifiedChain(read, held.of('MO', 'V2G'), { now, namespace, strictness }),
      );
      requireAccepted(await pools.revocation.judge(data.path), (certificate) =>
        certificate === data.certificate ? 'contractCertificate' : 'subCaCertificates',
      );
      const vehicle = pcid === undefined ? undefined : await requireVehicle(pools, pcid, namespace);
      const usable = await usableSigners(signers, pools, {
        namespace,
        now,
        requestedRoot: v2gRootFingerprint,
        vehicle,
      });
      const signed = await resultOf(
        {
          emaidIdentity: data.emaid.identity,
          contractFingerprint: data.certificate.fingerprint,
          provisioningFingerprint: vehicle?.certificate.fingerprint ?? '',
          namespace,
          v2gRootFingerprint: usable[0].root.fingerprint,
        },
        data,
        usable,
        act,
      );
      const { result, published } =
        pcid === undefined || vehicle === undefined || !store
          ? { result: signed, published: { contractId: undefined } }
          : await handIn(signed, { pcid, vehicle }, usable, pools);
      if ('refusals' in published) return published;
      const { exi, signerFingerprint } = result;
      const signer =
        usable.find(({ certificate }) => certificate.fingerprint === signerFingerprint) ?? usable[0];
      const { emaid, warnings } = data;
      return {
        signed: { exi, emaid: emaid.spelling, signer, contractId: published.contractId, warnings },
      };
    },
  };
}

const equal = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
