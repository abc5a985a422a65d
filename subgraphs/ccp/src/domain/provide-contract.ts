import { ChargeGraphError } from '@chargegraph/service';
import type { Namespace, SignedContractData } from './contract.ts';
import { contractEventFacts } from './contract-event.ts';
import { inSession, parseSessionId } from './in-session.ts';
import { isVariant } from './look-up-contract.ts';
import { contractNotFound, ownContract, type NamedContract } from './own-contract.ts';
import { storedCertificates } from './response-certificates.ts';
import { judgeData } from './revoked-data.ts';
import { doing, type Work } from './work.ts';

/** What is handed over, and the stored data that it was made of. */
export interface Provision {
  /** The CertificateInstallationRes in EXI with the session id that was asked for. */
  readonly exi: Uint8Array;
  readonly data: SignedContractData;
}

/**
 * Hands a contract of one's own car over to the car maker (OPCP: Get signed contract data by EMAID and PCID), in the
 * variant of the V2G root that is asked for, else of one that is installed in the car, else the one stored last. It
 * refuses neither what has ended nor what was revoked: that is for the car maker to check. Each delivery is kept, and
 * told to the contract's mobility operator.
 *
 * @param input.sessionId 1 to 8 octets in hexadecimal
 * @throws ChargeGraphError BAD_INPUT for the session id; NOT_FOUND for a contract that is not of this car of the
 *   caller's, or has no such data: the same as for one that is not there
 */
export async function provideContract(
  work: Work,
  input: NamedContract & {
    readonly namespace: Namespace;
    readonly v2gRoot: string | undefined;
    readonly sessionId: string;
  },
): Promise<Provision> {
  const { caller, store, pools, clock } = work;
  const { namespace, v2gRoot } = input;
  const sessionId = parseSessionId(input.sessionId);
  if (sessionId === undefined) {
    throw new ChargeGraphError(
      'BAD_INPUT',
      'Invalid SessionID format, make sure the length is maximum 8 characters and it is represented in HEX binary',
      { path: ['sessionId'] },
    );
  }
  const own = ownContract(caller, input);
  own.require(await store.find(own.emaidKey));
  const vehicle = v2gRoot === undefined ? await pools.vehicle(own.pcidKey, namespace) : undefined;
  const chosen = (stored: readonly SignedContractData[]) =>
    preferred(
      stored.filter((data) => isVariant(data, { namespace, v2gRoot })),
      vehicle?.installedRoots ?? [],
    );
  await lookAt(work, chosen(await store.signedData(own.emaidKey)));
  return store.transaction(
    async (tx) => {
      const contract = own.require(await tx.lock(own.emaidKey));
      const data = chosen(await tx.signedData(own.emaidKey));
      if (data === undefined) throw contractNotFound();
      const now = clock.now();
      const { clientId, organisation } = caller;
      await tx.deliver({ contract, data, clientId, organisation, deliveredAt: now });
      await tx.append({
        type: 'MO_CONTRACT_DELIVERED_TO_OEM',
        occurredAt: now,
        facts: contractEventFacts(contract, [namespace]),
      });
      return { exi: inSession(data, sessionId, now), data };
    },
    doing(work, 'provideContract'),
  );
}

/** Has the certificates' CAs asked, for the verdict that is shown beside: as far as the roots are known already. */
async function lookAt(
  { revocation, pools, clock }: Work,
  data: SignedContractData | undefined,
): Promise<void> {
  const trusted = await pools.roots.known();
  if (data !== undefined && trusted !== undefined) {
    await judgeData({ revocation }, data, trusted, clock.now());
  }
}

/** Of a V2G root that the car has installed, in the order of its list; else the one stored last. */
function preferred(
  variants: readonly SignedContractData[],
  installedRoots: readonly string[],
): SignedContractData | undefined {
  const newestFirst = [...variants].sort((a, b) => b.storedAt.getTime() - a.storedAt.getTime());
  for (const installed of installedRoots) {
    const found = newestFirst.find((data) => keyIdentifierOfRoot(data) === spelt(installed));
    if (found !== undefined) return found;
  }
  return newestFirst[0];
}

const spelt = (keyIdentifier: string) => keyIdentifier.replaceAll(':', '').toUpperCase();

/** Of the V2G root's key, as the last certificate below it names it. */
function keyIdentifierOfRoot(data: SignedContractData): string | undefined {
  const { cps, cpsSubCas } = storedCertificates(data);
  const identifier = (cpsSubCas.at(-1) ?? cps).authorityKeyIdentifier;
  return identifier === undefined ? undefined : spelt(identifier);
}
