import { Supergraph } from '@apollo/federation-internals';
import { graphql, type ExecutionResult } from 'graphql';
import {
  createGraphClient,
  globalId,
  supergraphSdl,
  type GraphClient,
  type RequestContext,
  type SubgraphResponse,
} from '@chargegraph/graph';
import { decodeAnyMessage, emaidParts } from '@chargegraph/iso15118';
import { parseCertificate, toPem, type Certificate } from '@chargegraph/pki';
import { createHash } from 'node:crypto';

type RootType = 'V2G' | 'OEM' | 'MO' | 'PE';

/** A car in the provisioning certificate pool of a test. */
interface Car {
  readonly certificate: Certificate;
  readonly installedRoots: readonly string[];
  /** 1 unless given. */
  readonly epoch?: string;
}

/** What was handed to the contract pool of a test. */
export interface Publication {
  readonly signedContractData: Buffer;
  readonly pcid: string;
  readonly replaces: Buffer | undefined;
  readonly contractEpoch: string | undefined;
  readonly context: RequestContext;
}

/** A contract in the contract pool of a test: its data by generation and V2G root. */
interface HeldContract {
  readonly pcid: string;
  readonly variants: Map<string, { readonly namespace: string; readonly exi: Buffer }>;
}

interface UserError {
  readonly message: string;
  readonly path: readonly string[] | null;
  readonly code: string;
}

const schema = Supergraph.build(supergraphSdl()).apiSchema().toGraphQLJSSchema();

/** The pools below this one, in memory, asked through the composed graph's own schema. */
export class OtherPoolsInMemory {
  readonly roots: { type: RootType; certificate: Certificate }[] = [];
  /** By PCID, or by PCID and namespace with a blank between them. */
  readonly cars = new Map<string, Car>();
  readonly publications: Publication[] = [];
  /** By the EMAID's identity. */
  readonly contracts = new Map<string, HeldContract>();
  /** What the contract pool wants revoked. */
  readonly toRevoke: { readonly fingerprint: string; readonly requestedAt: Date }[] = [];
  /** The contract pool's clock. */
  clock: () => Date = () => new Date();
  /** How often it was asked what it wants revoked, and from when on. */
  readonly lookedSince: Date[] = [];
  /** What the contract pool answers instead of taking the contract. */
  refusals: readonly UserError[] = [];
  /** The root fields that do not answer. */
  readonly down = new Set<string>();
  /** The root fields that do their work and whose answer is lost. */
  readonly mute = new Set<string>();
  /** Called before a publication takes effect. */
  beforePublication: () => void | Promise<void> = () => undefined;
  /** Every call, in order. */
  readonly calls: { field: string; context: RequestContext }[] = [];
  /** Roots on one page of RCP's list. */
  pageSize = 100;

  /** The client that a pool is given. */
  readonly client: GraphClient = createGraphClient(async ({ query, variables, context }) => {
    const result: ExecutionResult = await graphql({
      schema,
      source: query,
      variableValues: variables,
      rootValue: this.#fields,
      contextValue: context,
    });
    return result as SubgraphResponse;
  });

  /** What each pool counts: `within` for each time that it is asked for. */
  expiry: {
    readonly total: number;
    readonly ended: number;
    readonly within: readonly number[];
    readonly revoked: number;
  } = { total: 0, ended: 0, within: [], revoked: 0 };

  readonly #expiryOf =
    (field: string, pool: string, kind: string) =>
    ({ within }: { within: readonly string[] }, context: RequestContext) => {
      this.#called(field, context);
      const counts = within.map((duration, index) => ({ duration, count: this.expiry.within[index] ?? 0 }));
      return { pool, at: '2026-01-01T00:00:00.000Z', kinds: [{ ...this.expiry, kind, within: counts }] };
    };

  readonly #fields = {
    rootPoolExpiry: this.#expiryOf('rootPoolExpiry', 'rcp', 'V2G_ROOT'),
    provisioningPoolExpiry: this.#expiryOf('provisioningPoolExpiry', 'pcp', 'PROVISIONING_CERTIFICATE'),
    contractPoolExpiry: this.#expiryOf('contractPoolExpiry', 'ccp', 'CONTRACT'),

    rootCertificates: (
      args: { after?: string; where?: { expiringBefore?: string } },
      context: RequestContext,
    ) => {
      this.#called('rootCertificates', context);
      const start = Number(args.after ?? 0);
      const end = start + this.pageSize;
      const before = args.where?.expiringBefore;
      const roots = this.roots.filter(
        ({ certificate }) => before === undefined || certificate.notAfter < new Date(before),
      );
      const nodes = roots.slice(start, end).map(({ type, certificate }) => ({
        type,
        certificate: {
          pem: toPem(certificate),
          fingerprint: certificate.fingerprint,
          subject: certificate.subject,
          notAfter: certificate.notAfter.toISOString(),
        },
      }));
      return { nodes, pageInfo: { hasNextPage: end < roots.length, endCursor: String(end) } };
    },

    provisioningCertificate: (
      { pcid, namespace }: { pcid: string; namespace: string },
      context: RequestContext,
    ) => {
      this.#called('provisioningCertificate', context);
      const key = pcid.toUpperCase();
      const car = this.cars.get(`${key} ${namespace}`) ?? this.cars.get(key);
      if (car === undefined) return null;
      return {
        certificate: { pem: toPem(car.certificate) },
        contractEpoch: car.epoch ?? '1',
        v2gRootAuthorityKeyIdentifiers: car.installedRoots,
      };
    },

    contract: ({ emaid }: { emaid: string }, context: RequestContext) => {
      this.#called('contract', context);
      const held = this.contracts.get(emaidParts(emaid).identity);
      if (held === undefined) return null;
      const signedData = [...held.variants.values()].map(({ namespace, exi }) => ({
        namespace,
        exi: exi.toString('base64'),
      }));
      return { pcid: held.pcid, signedData };
    },

    contractRevocationRequests: (args: { since: Date; first: number; after?: string | null }) => {
      if (this.down.has('contractRevocationRequests')) throw new Error('connect ECONNREFUSED');
      // The schema of these pools has no resolvers for scalars: it is given as it was sent.
      const since = new Date(args.since);
      const begin = Number(args.after ?? 0);
      if (begin === 0) this.lookedSince.push(since);
      const readAt = this.clock().toISOString();
      const sorted = this.toRevoke
        .filter(({ requestedAt }) => requestedAt >= since)
        .sort((a, b) => a.requestedAt.getTime() - b.requestedAt.getTime());
      const end = begin + Math.min(args.first, this.pageSize);
      const nodes = sorted.slice(begin, end).map(({ fingerprint, requestedAt }) => ({
        contractCertificateFingerprint: fingerprint,
        requestedAt: requestedAt.toISOString(),
      }));
      return { nodes, pageInfo: { hasNextPage: end < sorted.length, endCursor: String(end) }, readAt };
    },

    publishContract: async (
      {
        input,
      }: {
        input: { signedContractData: string; pcid: string; replaces?: string; contractEpoch?: string };
      },
      context: RequestContext,
    ) => {
      await this.beforePublication();
      this.#called('publishContract', context);
      const exi = Buffer.from(input.signedContractData, 'base64');
      const replaces = input.replaces === undefined ? undefined : Buffer.from(input.replaces, 'base64');
      this.publications.push({
        signedContractData: exi,
        pcid: input.pcid,
        replaces,
        contractEpoch: input.contractEpoch,
        context,
      });
      if (this.refusals.length > 0) return { contract: null, userErrors: this.refusals };
      const { emaid, variant } = contentOf(exi);
      const replaced = this.contracts.get(emaid)?.variants.get(variant)?.exi ?? Buffer.alloc(0);
      if (replaces?.equals(createHash('sha256').update(replaced).digest()) === false) {
        const path = ['input', 'replaces'];
        return { contract: null, userErrors: [{ code: 'CONFLICT', message: 'It holds other data.', path }] };
      }
      this.hold(exi, input.pcid);
      if (this.mute.has('publishContract')) throw new Error('socket hang up');
      return { contract: { id: globalId('Contract', emaid) }, userErrors: [] };
    },
  };

  /** Has the contract pool hold signed data, whoever published it. */
  hold(exi: Buffer, pcid: string): void {
    const { emaid, namespace, variant } = contentOf(exi);
    const held = this.contracts.get(emaid) ?? { pcid, variants: new Map() };
    held.variants.set(variant, { namespace, exi });
    this.contracts.set(emaid, held);
  }

  #called(field: string, context: RequestContext): void {
    this.calls.push({ field, context });
    if (this.down.has(field)) throw new Error('connect ECONNREFUSED');
  }

  /** Empties the pools. */
  clear(): void {
    this.roots.length = 0;
    this.publications.length = 0;
    this.calls.length = 0;
    this.cars.clear();
    this.contracts.clear();
    this.toRevoke.length = 0;
    this.lookedSince.length = 0;
    this.mute.clear();
    this.beforePublication = () => undefined;
    this.down.clear();
    this.refusals = [];
    this.pageSize = 100;
  }
}

/** What the contract pool finds in signed data: its EMAID, generation, and the issuer of the signer's chain. */
function contentOf(exi: Uint8Array) {
  const decoded = decodeAnyMessage(exi);
  const { body } = decoded.message;
  if (body.type !== 'CertificateInstallationRes') throw new Error(`a ${body.type} was published`);
  const [contract, chain, namespace] =
    'emaid' in body
      ? [body.contractSignatureCertChain.certificate, body.saProvisioningCertificateChain, 'ISO15118_2']
      : [
          body.signedInstallationData.contractCertificateChain.certificate,
          body.cpsCertificateChain,
          'ISO15118_20',
        ];
  const { commonName = '' } = parseCertificate(contract);
  const top = parseCertificate(chain.subCertificates?.at(-1) ?? chain.certificate);
  const root = top.authorityKeyIdentifier ?? top.issuer;
  return { emaid: emaidParts(commonName).identity, namespace, variant: `${namespace} ${root}` };
}
