import type { KeyObject } from 'node:crypto';
import type { Act } from '@chargegraph/audit';
import {
  ContractKeyError,
  emaidParts,
  fitsIso2Emaid,
  parsePcid,
  providerIdOf,
  wrapContractKey,
  wrapIso20ContractKey,
  type EmaidParts,
} from '@chargegraph/iso15118';
import type { Caller } from '@chargegraph/identity';
import {
  generateEcKeyPair,
  issueContractCertificateWith,
  type Certificate,
  type KeyStore,
} from '@chargegraph/pki';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import { decideWith } from '@chargegraph/trust';
import type { ContractCa, ContractCaStore } from './contract-ca.ts';
import { inputDigest, requireOwnEmaid, type ContractData } from './contract-data.ts';
import {
  chooseContractCa,
  contractCasInQuestion,
  requireContractDates,
  type ContractDates,
} from './contract-dates.ts';
import { editions } from './edition.ts';
import { signInstallationResponse } from './installation-response.ts';
import { notRevoked } from './not-revoked.ts';
import type { OtherPools, PublishRefusal, Vehicle } from './other-pools.ts';
import type { SignedContractData } from './sign-contract-data.ts';
import type { Namespace, SignerStore } from './signer.ts';
import { requireVehicle, usableSigners } from './signing-parts.ts';
import type { SigningResultStore } from './signing-result.ts';
import type { WrappedKey } from './wrapped-key.ts';

/** A contract to be generated. */
export interface GenerationInput extends ContractDates {
  readonly pcid: string;
  readonly emaid: string;
  readonly namespace: Namespace;
  /** Fingerprint of the V2G root whose signer shall sign. */
  readonly v2gRootFingerprint: string | undefined;
}

/** A generated contract. */
export interface GeneratedContract extends Omit<SignedContractData, 'warnings'> {
  readonly certificate: Certificate;
}

/** What came of it: the contract, or why the contract pool did not take it. */
export type GenerationOutcome =
  { readonly generated: GeneratedContract } | { readonly refusals: readonly PublishRefusal[] };

/** For whom something is done, and in which request. */
export interface Requester {
  readonly caller: Caller;
  readonly act: Act;
}

/** The rules for generating contract data. */
export interface ContractDataGeneration {
  /**
   * Makes a contract's key and certificate, wraps the key for the car, signs the whole and hands it to the contract
   * pool. The private key is kept nowhere; the certificate is, before it leaves. The same car and EMAID again make a
   * new contract certificate, which takes the place of the one before.
   *
   * @throws ChargeGraphError BAD_INPUT, NOT_FOUND for an unknown car, SIGNER_UNAVAILABLE when there is no CA or no
   *   signer; FORBIDDEN for another operator's EMAID; UNAVAILABLE when another pool does not answer: try again
   */
  generate(input: GenerationInput, requester: Requester, pools: OtherPools): Promise<GenerationOutcome>;
}

/** The rules over their stores and a key store. */
export function createContractDataGeneration(deps: {
  readonly signers: Pick<SignerStore, 'ofNamespace'>;
  readonly contractCas: Pick<ContractCaStore, 'issuing'>;
  readonly results: Pick<SigningResultStore, 'keepGenerated'>;
  readonly keyStore: KeyStore;
  readonly clock: Clock;
}): ContractDataGeneration {
  const { signers, contractCas, results, keyStore, clock } = deps;
  return {
    async generate(input, { caller, act }, pools) {
      const now = clock.now();
      const { namespace, pcid } = input;
      const emaid = readEmaid(input.emaid, namespace);
      requireOwnEmaid(emaid, caller);
      requireContractDates(input, now);
      const vehicle = await requireVehicle(pools, pcid, namespace);
      const usable = await usableSigners(signers, pools, {
        namespace,
        now,
        requestedRoot: input.v2gRootFingerprint,
        vehicle,
      });
      const issuing = await contractCas.issuing(namespace, providerIdOf(emaid.identity));
      const ca = await decideWith(pools.roots, async (held) => {
        const candidates = contractCasInQuestion(issuing, held.of('MO', 'V2G'), now);
        return chooseContractCa(await notRevoked(candidates, pools.revocation), input);
      });
      const data = await newContractData({ input, emaid, vehicle, ca, keyStore });
      const [signer] = usable;
      const exi = await signInstallationResponse(data, { signer, keyStore, now });
      await results.keepGenerated(
        {
          key: {
            emaidIdentity: emaid.identity,
            contractFingerprint: data.certificate.fingerprint,
            provisioningFingerprint: vehicle.certificate.fingerprint,
            namespace,
            v2gRootFingerprint: signer.root.fingerprint,
          },
          inputDigest: inputDigest(data),
          exi,
          signerFingerprint: signer.certificate.fingerprint,
          contractNotAfter: data.certificate.notAfter,
          createdAt: now,
        },
        {
          certificate: data.certificate,
          caFingerprint: ca.certificate.fingerprint,
          emaid: emaid.spelling,
          pcid: parsePcid(pcid),
        },
        act,
      );
      const published = await pools.publishContract(exi, pcid, {
        contractEpoch: vehicle.contractEpoch,
      });
      if ('refusals' in published) return published;
      const { contractId } = published;
      return {
        generated: { exi, emaid: emaid.spelling, signer, contractId, certificate: data.certificate },
      };
    },
  };
}

/** The sentence of OPCP 1.0 (CPS, generate/signedContractData). */
const iso2EmaidRule = 'emaid : must match "^[A-Za-z]{2}[-]?\\w{3}[-]?\\w{9}[-]?(\\w{1})?$"';

function readEmaid(text: string, namespace: Namespace): EmaidParts {
  const path = ['emaid'];
  const emaid = emaidParts(text);
  if (namespace === 'ISO15118_2' && !fitsIso2Emaid(emaid.spelling)) {
    throw new ChargeGraphError('BAD_INPUT', iso2EmaidRule, { path });
  }
  if (!emaid.checkDigitValid) {
    throw new ChargeGraphError(
      'BAD_INPUT',
      'The check digit of the EMAID is wrong; leave it out or mend it.',
      {
        path,
      },
    );
  }
  return emaid;
}

/** The contract's private key lives in this function alone. */
async function newContractData(parts: {
  readonly input: GenerationInput;
  readonly emaid: EmaidParts;
  readonly vehicle: Vehicle;
  readonly ca: ContractCa;
  readonly keyStore: KeyStore;
}): Promise<ContractData> {
  const { input, emaid, vehicle, ca, keyStore } = parts;
  const { namespace, contractBegins, contractEnds, pcid } = input;
  const { contractCurve, profile } = editions[namespace];
  const { publicKey, privateKey } = generateEcKeyPair(contractCurve);
  const certificate = await issueContractCertificateWith(
    { certificate: ca.certificate, sign: (octets) => keyStore.sign(ca.keyReference, octets) },
    {
      emaid: emaid.spelling,
      publicKey,
      notBefore: contractBegins,
      notAfter: contractEnds,
      edition: profile,
      ocspUrl: ca.ocspUrl,
      crlUrl: ca.crlUrl,
    },
  );
  const wrappedKey = wrapFor(vehicle, { privateKey, namespace, pcid, contractCertificate: certificate.der });
  return { certificate, subCas: [ca.certificate, ...ca.subCas], emaid, wrappedKey };
}

function wrapFor(
  { certificate: { publicKey: oemPublicKey } }: Vehicle,
  contract: {
    readonly privateKey: KeyObject;
    readonly namespace: Namespace;
    readonly pcid: string;
    readonly contractCertificate: Uint8Array;
  },
): WrappedKey {
  try {
    return contract.namespace === 'ISO15118_2'
      ? { namespace: 'ISO15118_2', ...wrapContractKey({ privateKey: contract.privateKey, oemPublicKey }) }
      : { namespace: 'ISO15118_20', ...wrapIso20ContractKey({ ...contract, oemPublicKey }) };
  } catch (cause) {
    if (!(cause instanceof ContractKeyError)) throw cause;
    const message = "No contract key can be wrapped for the key of the car's provisioning certificate.";
    throw new ChargeGraphError('CERTIFICATE_INVALID', message, { path: ['pcid'], cause });
  }
}
