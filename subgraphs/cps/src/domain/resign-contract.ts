import { createHash } from 'node:crypto';
import type { Act } from '@chargegraph/audit';
import { parseCertificate, type KeyStore } from '@chargegraph/pki';
import { signedPartsOf } from './installation-response.ts';
import type { OtherPools } from './other-pools.ts';
import { endOf, type ResigningStore, type SignedContract } from './resigning.ts';
import { chainEnd, type Signer } from './signer.ts';

/** One signer's contracts go over to another one. */
export interface Succession {
  readonly signer: Signer;
  readonly successor: Signer;
}

/** What signing anew needs. */
export interface ResigningWork {
  readonly store: ResigningStore;
  readonly keyStore: KeyStore;
  /** The other pools, acting for the contract's operator. */
  readonly pools: Pick<OtherPools, 'heldContract' | 'publishContract'>;
  readonly now: Date;
  readonly act: Act;
}

const hour = 3_600_000;
const day = 24 * hour;

/**
 * Signs a contract's data anew and hands it to the contract pool, if that still holds what was signed before. It can
 * be broken off anywhere and begun again: the new message is kept before the pool is given it, and takes its place
 * once the pool holds it.
 *
 * @throws ChargeGraphError UNAVAILABLE when a pool does not answer, SIGNER_UNAVAILABLE when the key store refuses
 */
export async function resignContract(
  contract: SignedContract,
  { signer, successor }: Succession,
  { store, keyStore, pools, now, act }: ResigningWork,
): Promise<void> {
  const { namespace, emaidIdentity } = contract.key;
  const parts = signedPartsOf(contract.exi, namespace);
  const { notAfter } = parseCertificate(parts.contractCertificate);
  if (notAfter <= endOf(signer) || notAfter <= now) {
    // Until it ends, its signer may still be retired.
    const dueAt = signer.retirement === undefined && notAfter > now ? chainEnd(signer) : 'never';
    await store.settle(contract, { outcome: 'NOT_NEEDED', dueAt });
    return;
  }
  const held = await pools.heldContract(emaidIdentity);
  const heldAs = ({ signature }: { signature: Buffer }) =>
    held?.signedData.find(
      (data) =>
        data.namespace === namespace && signedPartsOf(data.exi, namespace).signature.equals(signature),
    );
  if (contract.next !== undefined && heldAs(signedPartsOf(contract.next.exi, namespace)) !== undefined) {
    await store.promote(contract, contract.next, act, now);
    return;
  }
  const current = heldAs(parts);
  if (held === undefined || current === undefined) {
    await store.settle(contract, { outcome: 'ABSENT', dueAt: nextLook(signer, now) });
    return;
  }
  let { next } = contract;
  if (next?.signerFingerprint !== successor.certificate.fingerprint) {
    next = {
      exi: await parts.signAgain({ signer: successor, keyStore, now }),
      signerFingerprint: successor.certificate.fingerprint,
    };
    if (!(await store.keepNext(contract, next))) return;
  }
  const outcome = await pools.publishContract(next.exi, held.pcid, { replaces: sha256(current.exi) });
  if (!('refusals' in outcome)) {
    await store.promote(contract, next, act, now);
    return;
  }
  // Something else came into its place since we looked: look again soon.
  const overtaken = outcome.refusals.some(({ code }) => code === 'CONFLICT');
  await store.settle(contract, {
    outcome: overtaken ? 'FAILED' : 'REFUSED',
    detail: outcome.refusals.map(({ message }) => message).join(' '),
    dueAt: new Date(now.getTime() + (overtaken ? hour / 6 : day)),
  });
}

/**
 * Data that its operator has, and not the contract pool, may come there until its signer's chain ends, because the
 * pool takes no more of it after that.
 */
function nextLook(signer: Signer, now: Date): Date | 'never' {
  const lastChance = Math.min(
    ...[signer.certificate, ...signer.subCas].map(({ notAfter }) => notAfter.getTime()),
  );
  if (now.getTime() >= lastChance) return 'never';
  return new Date(Math.min(now.getTime() + day, lastChance));
}

const sha256 = (octets: Uint8Array) => createHash('sha256').update(octets).digest();
