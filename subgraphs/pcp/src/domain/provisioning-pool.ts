import type { Act } from '@chargegraph/audit';
import { hasAnyRole, type Caller } from '@chargegraph/identity';
import { wmiOf, type Pcid } from '@chargegraph/iso15118';
import type { ProfileStrictness } from '@chargegraph/pki';
import type { OperationRevocation } from '@chargegraph/revocation';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import { decideWith, type TrustedRoots } from '@chargegraph/trust';
import { acceptChain, checkDates } from './acceptance.ts';
import { anchorTypes, presentRoot } from './chain-verdict.ts';
import type {
  Namespace,
  ProvisioningCertificate,
  ProvisioningStore,
  Writing,
} from './provisioning-certificate.ts';
import { deletion, factoryReset, publication } from './provisioning-change.ts';
import {
  filterFor,
  type ProvisioningOrder,
  type ProvisioningPage,
  type RequestedFilter,
} from './provisioning-list.ts';
import { mayDelete, maySee, owns } from './rights.ts';
import { readPcid, readSubmission, type Submission, type SubmissionInput } from './submission.ts';

/** A page of a list, and how many match in all. */
export interface ProvisioningList {
  /** One row more than the page's limit, when there is one. */
  readonly rows: readonly ProvisioningCertificate[];
  readonly count: () => Promise<number>;
}

/** Whom an operation asks. */
export interface Asking {
  /** Asked only once everything before the chain holds. */
  readonly trustedRoots: TrustedRoots;
  readonly revocation: Pick<OperationRevocation, 'judge' | 'counting'>;
}

/** PCP's rules. PCIDs are taken in any spelling. A car that is not the caller's to see answers as one that is not there. */
export interface ProvisioningPool {
  /**
   * The certificate of a car; undefined when there is none that the caller may see.
   *
   * @throws ChargeGraphError BAD_INPUT for what is no PCID
   */
  find(caller: Caller, pcid: string, namespace: Namespace): Promise<ProvisioningCertificate | undefined>;
  /**
   * The same, as it is handed out by PCID: a mobility operator, who is about to have a contract made for the car, is
   * shown what the certificates' CAs say of them now.
   *
   * @throws ChargeGraphError BAD_INPUT for what is no PCID
   */
  handOut(
    caller: Caller,
    vehicle: { readonly pcid: string; readonly namespace: Namespace },
    asking: Asking,
  ): Promise<ProvisioningCertificate | undefined>;
  /**
   * Whether a car has a certificate that the caller may see.
   *
   * @throws ChargeGraphError BAD_INPUT for what is no PCID
   */
  exists(caller: Caller, pcid: string): Promise<boolean>;
  /**
   * The certificates of the caller's cars, of all cars for the operator.
   *
   * @throws ChargeGraphError BAD_INPUT naming the condition
   */
  list(
    caller: Caller,
    filter: RequestedFilter,
    order: ProvisioningOrder,
    page: ProvisioningPage,
  ): Promise<ProvisioningList>;
  /**
   * Publishes a car's certificate. The steps come in the rules' order and the first that fails answers; the same
   * content again changes nothing and emits nothing.
   *
   * @throws ChargeGraphError the refusal; FORBIDDEN for a WMI that is not the caller's
   */
  publish(
    caller: Caller,
    input: SubmissionInput,
    asking: Asking & { readonly act: Act },
  ): Promise<ProvisioningCertificate>;
  /**
   * As {@link publish}, for a certificate that replaces one of that car and generation.
   *
   * @throws ChargeGraphError the refusal; NOT_FOUND when the caller has none there
   */
  update(
    caller: Caller,
    input: SubmissionInput,
    asking: Asking & { readonly act: Act },
  ): Promise<ProvisioningCertificate>;
  /**
   * Deletes a car's certificates, or only that of one generation.
   *
   * @returns what was deleted
   * @throws ChargeGraphError NOT_FOUND when there is none that the caller may delete
   */
  delete(
    caller: Caller,
    pcid: string,
    namespace: Namespace | undefined,
    act: Act,
  ): Promise<readonly ProvisioningCertificate[]>;
  /**
   * Tells that a car lost its contracts; its certificates stay.
   *
   * @returns the certificates
   * @throws ChargeGraphError NOT_FOUND when the car is not there or not the caller's
   */
  factoryReset(caller: Caller, pcid: string, act: Act): Promise<readonly ProvisioningCertificate[]>;
}

/** The rules over a store. */
export function createProvisioningPool({
  store,
  clock,
  profile = 'lenient',
}: {
  readonly store: ProvisioningStore;
  readonly clock: Clock;
  readonly profile?: ProfileStrictness | undefined;
}): ProvisioningPool {
  /** The steps from the dates on, and the storing. */
  async function accept(
    submission: Submission,
    { trustedRoots, revocation }: Asking,
    { mustExist, writing }: { mustExist: boolean; writing: Writing },
  ): Promise<ProvisioningCertificate> {
    const { pcid, namespace, leaf, v2gRootKeyIdentifiers, previousPcid } = submission;
    checkDates(submission, clock.now());
    const chain = await decideWith(trustedRoots, (held) =>
      acceptChain(submission, held.of(...anchorTypes), { now: clock.now(), profile, revocation }),
    );
    const content = { pcid, namespace, leaf, v2gRootKeyIdentifiers, previousPcid, ...chain };
    const now = clock.now();
    const rows = await store.change(
      pcid,
      (before) => {
        const stored = of(before, namespace);
        if (mustExist && stored === undefined) throw notFound('vehicleCertificate');
        const change = publication(stored, content, now);
        return change === undefined ? [] : [change];
      },
      writing,
    );
    const stored = of(rows, namespace);
    if (stored === undefined) throw new Error('a published certificate is not there');
    return stored;
  }

  async function find(
    caller: Caller,
    text: string,
    namespace: Namespace,
  ): Promise<ProvisioningCertificate | undefined> {
    const pcid = readPcid(text, 'pcid');
    // The store is asked before the rights are looked at, so that a foreign car takes as long as an absent one.
    const found = await store.find({ pcid, namespace });
    return maySee(caller, pcid) ? found : undefined;
  }

  return {
    find,

    async handOut(caller, { pcid, namespace }, { trustedRoots, revocation }) {
      const found = await find(caller, pcid, namespace);
      if (found === undefined || !hasAnyRole(caller, ['MO_EXTERNAL_PKI', 'MO_V2G_PKI'])) return found;
      const { leaf, subCas } = found;
      // What comes of it is shown by the verdict, which refuses nothing.
      await revocation.judge([leaf, ...subCas, presentRoot(found, await trustedRoots.known(), clock.now())]);
      return found;
    },

    async exists(caller, text) {
      const pcid = readPcid(text, 'pcid');
      const found = await store.exists(pcid);
      return maySee(caller, pcid) && found;
    },

    async list(caller, requested, order, page) {
      const filter = filterFor(caller, requested);
      return { rows: await store.page(filter, order, page), count: () => store.count(filter) };
    },

    async publish(caller, input, { act, ...asking }) {
      const submission = readSubmission(input);
      requireOwn(caller, submission.pcid, 'vehicleCertificate');
      requireOwnPrevious(caller, submission);
      const writing = { act, action: 'publishProvisioningCertificate' };
      return await accept(submission, asking, { mustExist: false, writing });
    },

    async update(caller, input, { act, ...asking }) {
      const submission = readSubmission(input);
      const found = await store.find(submission);
      if (found === undefined || !owns(caller, submission.pcid)) throw notFound('vehicleCertificate');
      requireOwnPrevious(caller, submission);
      const writing = { act, action: 'updateProvisioningCertificate' };
      return await accept(submission, asking, { mustExist: true, writing });
    },

    async delete(caller, text, namespace, act) {
      const pcid = readPcid(text, 'pcid');
      const now = clock.now();
      let deleted: readonly ProvisioningCertificate[] = [];
      await store.change(
        pcid,
        (stored) => {
          deleted = stored.filter((row) => namespace === undefined || row.namespace === namespace);
          if (deleted.length === 0 || !mayDelete(caller, pcid)) throw notFound('pcid');
          return deleted.map((row) => deletion(row, now));
        },
        { act, action: 'deleteProvisioningCertificate' },
      );
      return deleted;
    },

    async factoryReset(caller, text, act) {
      const pcid = readPcid(text, 'pcid');
      const now = clock.now();
      return await store.change(
        pcid,
        (stored) => {
          if (stored.length === 0 || !owns(caller, pcid)) throw notFound('pcid');
          return stored.map((row) => factoryReset(row, now));
        },
        { act, action: 'factoryResetVehicle' },
      );
    },
  };
}

const of = (rows: readonly ProvisioningCertificate[], namespace: Namespace) =>
  rows.find((row) => row.namespace === namespace);

/** OPCP's sentence. */
const notFound = (field: string) =>
  new ChargeGraphError('NOT_FOUND', 'The OEM provisioning certificate with given PCID is not found.', {
    path: [field],
  });

function requireOwn(caller: Caller, pcid: Pcid, field: string): void {
  if (!owns(caller, pcid)) {
    throw new ChargeGraphError('FORBIDDEN', `The WMI ${wmiOf(pcid)} is not one of yours.`, { path: [field] });
  }
}

function requireOwnPrevious(caller: Caller, { previousPcid }: Submission): void {
  if (previousPcid === undefined) return;
  requireOwn(caller, readPcid(previousPcid, 'previousPcid'), 'previousPcid');
}
