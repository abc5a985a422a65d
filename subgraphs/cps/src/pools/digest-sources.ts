import { randomUUID } from 'node:crypto';
import { expiryQuestion, type ExpiryKind, type ExpiryOfKind } from '@chargegraph/expiry';
import { showDuration, type GraphClient } from '@chargegraph/graph';
import { serviceCaller } from '@chargegraph/identity';
import type { Clock } from '@chargegraph/service';
import type { Trust } from '@chargegraph/trust';
import {
  ContractExpiryDocument,
  ProvisioningExpiryDocument,
  RootExpiryDocument,
} from '../../generated/operations.ts';
import type { ContractCa, ContractCaStore } from '../domain/contract-ca.ts';
import {
  digestedWithin,
  mostNamed,
  namedWithin,
  type Contribution,
  type DigestedPool,
  type DigestSource,
} from '../domain/digest.ts';
import { signingExpiry, type ChainedCounts } from '../domain/expiry.ts';
import { chainEnd, type Signer, type SignerStore } from '../domain/signer.ts';

/** How long a pool may take to answer, in milliseconds: nobody waits but the next try. */
const patience = 10_000;
const rootKinds = { V2G: 'V2G_ROOT', OEM: 'OEM_ROOT', MO: 'MO_ROOT', PE: 'PE_ROOT' } as const;

/** What the digest is made of: the counts of the pools below, asked through the graph, and the service's own. */
export function createDigestSources(deps: {
  readonly graph: GraphClient;
  readonly trust: Trust;
  readonly counts: ChainedCounts;
  readonly signers: SignerStore;
  readonly contractCas: ContractCaStore;
  readonly clock: Clock;
}): readonly DigestSource[] {
  const { graph, clock } = deps;
  const caller = serviceCaller('cps');
  const request = { caller, traceId: randomUUID(), deadline: Date.now() + patience, hops: 0 };
  const within = digestedWithin.map(showDuration);
  const on = { caller, request };
  // The filters' bound is not among what they let through.
  const endingBefore = () => new Date(clock.now().getTime() + namedWithin + 1);

  return [
    {
      pool: 'rcp',
      contribution: async () => {
        const variables = { within, endingBefore: endingBefore().toISOString(), first: mostNamed };
        const { rootPoolExpiry, rootCertificates } = await graph.query(RootExpiryDocument, variables, on);
        const urgent = rootCertificates.nodes.map(({ type, certificate }) => {
          const { subject, fingerprint, notAfter } = certificate;
          return { kind: rootKinds[type], subject, fingerprint, endsAt: notAfter };
        });
        return { counted: counted(rootPoolExpiry), urgent };
      },
    },
    {
      pool: 'pcp',
      contribution: async () => {
        const { provisioningPoolExpiry } = await graph.query(ProvisioningExpiryDocument, { within }, on);
        return { counted: counted(provisioningPoolExpiry), urgent: [] };
      },
    },
    {
      pool: 'ccp',
      contribution: async () => {
        const { contractPoolExpiry } = await graph.query(ContractExpiryDocument, { within }, on);
        return { counted: counted(contractPoolExpiry), urgent: [] };
      },
    },
    { pool: 'cps', contribution: () => ownContribution(deps, endingBefore(), request) },
  ];
}

async function ownContribution(
  { counts, signers, contractCas, trust, clock }: Parameters<typeof createDigestSources>[0],
  expiringBefore: Date,
  request: Parameters<Trust['within']>[0],
): Promise<Contribution> {
  const question = expiryQuestion(digestedWithin, clock.now());
  const kinds = await signingExpiry(counts, await trust.within(request).known(), question);
  const filter = { isRetired: false, expiringBefore };
  const order = { by: 'endsAt', descending: false } as const;
  // A page may have one row more, which says that there are more.
  const page = { backward: false, limit: mostNamed - 1, from: undefined };
  const named = (kind: ExpiryKind) => (chained: Signer | ContractCa) => ({
    kind,
    subject: chained.certificate.subject,
    fingerprint: chained.certificate.fingerprint,
    endsAt: chainEnd(chained).toISOString(),
  });
  return {
    counted: {
      pool: 'cps',
      at: question.now.toISOString(),
      kinds: kinds.map(shown),
    },
    urgent: [
      ...(await signers.page(filter, order, page)).map(named('CPS_SIGNER')),
      ...(await contractCas.page(filter, order, page)).map(named('CONTRACT_CA')),
    ],
  };
}

const shown = ({ within, revoked, invalidChain, ...kind }: ExpiryOfKind) => ({
  ...kind,
  within: within.map(({ duration, count }) => ({ duration: showDuration(duration), count })),
  revoked: revoked ?? null,
  invalidChain: invalidChain ?? null,
});

/** A pool's answer as the digest keeps it, without the fields that operations get beside. */
function counted({
  pool,
  at,
  kinds,
}: {
  readonly pool: string;
  readonly at: string;
  readonly kinds: readonly {
    readonly kind: ExpiryKind;
    readonly total: number;
    readonly ended: number;
    readonly within: readonly { readonly duration: string; readonly count: number }[];
    readonly revoked?: number | null | undefined;
    readonly invalidChain?: number | null | undefined;
  }[];
}): DigestedPool {
  return {
    pool,
    at,
    kinds: kinds.map(({ kind, total, ended, within, revoked, invalidChain }) => ({
      kind,
      total,
      ended,
      within: within.map(({ duration, count }) => ({ duration, count })),
      revoked: revoked ?? null,
      invalidChain: invalidChain ?? null,
    })),
  };
}
