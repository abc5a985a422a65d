import type { Act } from '@chargegraph/audit';
import { hasAnyRole, ownsVehicle, type Caller } from '@chargegraph/identity';
import { wmiOf, type Pcid } from '@chargegraph/iso15118';
import type { Certificate } from '@chargegraph/pki';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import { acceptChain, checkDates } from './acceptance.ts';
import type { Namespace, ProvisioningCertificate, ProvisioningStore } from './provisioning-certificate.ts';
import { provisioningChange } from './provisioning-change.ts';
import { readPcid, readSubmission, type SubmissionInput } from './submission.ts';

/** The roots that provisioning certificates may chain to, as RCP holds them now. */
export type TrustedRoots = () => Promise<readonly Certificate[]>;

/** PCP's rules. PCIDs are taken in any spelling. */
export interface ProvisioningPool {
  /**
   * The certificate of a car; undefined when there is none that the caller may see.
   *
   * @throws ChargeGraphError BAD_INPUT for what is no PCID
   */
  find(caller: Caller, pcid: string, namespace: Namespace): Promise<ProvisioningCertificate | undefined>;
  /**
   * Whether a car has a certificate that the caller may see.
   *
   * @throws ChargeGraphError BAD_INPUT for what is no PCID
   */
  exists(caller: Caller, pcid: string): Promise<boolean>;
  /**
   * Publishes a car's certificate. The steps come in the rules' order and the first that fails answers; the same
   * content again changes nothing and emits nothing.
   *
   * @param trustedRoots asked only once everything before the chain holds
   * @throws ChargeGraphError the refusal; FORBIDDEN for a WMI that is not the caller's
   */
  publish(
    caller: Caller,
    input: SubmissionInput,
    trustedRoots: TrustedRoots,
    act: Act,
  ): Promise<ProvisioningCertificate>;
}

/** The rules over a store. */
export function createProvisioningPool({
  store,
  clock,
}: {
  readonly store: ProvisioningStore;
  readonly clock: Clock;
}): ProvisioningPool {
  return {
    async find(caller, text, namespace) {
      const pcid = readPcid(text, 'pcid');
      // The store is asked before the rights are looked at, so that a foreign car takes as long as an absent one.
      const found = await store.find({ pcid, namespace });
      return maySee(caller, pcid) ? found : undefined;
    },

    async exists(caller, text) {
      const pcid = readPcid(text, 'pcid');
      const found = await store.exists(pcid);
      return maySee(caller, pcid) && found;
    },

    async publish(caller, input, trustedRoots, act) {
      const submission = readSubmission(input);
      const { pcid, namespace, leaf, v2gRootKeyIdentifiers, previousPcid } = submission;
      requireOwn(caller, pcid, 'vehicleCertificate');
      if (previousPcid !== undefined)
        requireOwn(caller, readPcid(previousPcid, 'previousPcid'), 'previousPcid');
      checkDates(submission, clock.now());
      const chain = acceptChain(submission, await trustedRoots(), clock.now());
      const content = { pcid, namespace, leaf, v2gRootKeyIdentifiers, previousPcid, ...chain };
      const now = clock.now();
      const stored = await store.change(
        { pcid, namespace },
        (before) => provisioningChange(before, content, now),
        { act, action: 'publishProvisioningCertificate' },
      );
      if (stored === undefined) throw new Error('a published certificate is not there');
      return stored;
    },
  };
}

/** A car maker sees its own cars; whoever serves cars sees any, by PCID. */
function maySee(caller: Caller, pcid: Pcid): boolean {
  return (
    ownsVehicle(caller, wmiOf(pcid)) ||
    hasAnyRole(caller, ['MO_EXTERNAL_PKI', 'MO_V2G_PKI', 'CPS', 'OPERATOR', 'SERVICE'])
  );
}

function requireOwn(caller: Caller, pcid: Pcid, field: string): void {
  const wmi = wmiOf(pcid);
  if (!ownsVehicle(caller, wmi)) {
    throw new ChargeGraphError('FORBIDDEN', `The WMI ${wmi} is not one of yours.`, { path: [field] });
  }
}
