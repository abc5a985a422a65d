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
import { decodeMessage } from '@chargegraph/iso15118';
import { toPem, type Certificate } from '@chargegraph/pki';

type RootType = 'V2G' | 'OEM' | 'MO' | 'PE';

/** A car in the provisioning certificate pool of a test. */
interface Car {
  readonly certificate: Certificate;
  readonly installedRoots: readonly string[];
}

/** What was handed to the contract pool of a test. */
export interface Publication {
  readonly signedContractData: Buffer;
  readonly pcid: string;
  readonly context: RequestContext;
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
  readonly cars = new Map<string, Car>();
  readonly publications: Publication[] = [];
  /** What the contract pool answers instead of taking the contract. */
  refusals: readonly UserError[] = [];
  /** The root fields that do not answer. */
  readonly down = new Set<string>();
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

  readonly #fields = {
    rootCertificates: (args: { where: { type: RootType[] }; after?: string }, context: RequestContext) => {
      this.#called('rootCertificates', context);
      const matching = this.roots.filter(({ type }) => args.where.type.includes(type));
      const start = Number(args.after ?? 0);
      const end = start + this.pageSize;
      const nodes = matching.slice(start, end).map(({ type, certificate }) => ({
        type,
        certificate: { pem: toPem(certificate) },
      }));
      return { nodes, pageInfo: { hasNextPage: end < matching.length, endCursor: String(end) } };
    },

    provisioningCertificate: ({ pcid }: { pcid: string }, context: RequestContext) => {
      this.#called('provisioningCertificate', context);
      const car = this.cars.get(pcid.toUpperCase());
      if (car === undefined) return null;
      return {
        certificate: { fingerprint: car.certificate.fingerprint },
        v2gRootAuthorityKeyIdentifiers: car.installedRoots,
      };
    },

    publishContract: (
      { input }: { input: { signedContractData: string; pcid: string } },
      context: RequestContext,
    ) => {
      this.#called('publishContract', context);
      const signedContractData = Buffer.from(input.signedContractData, 'base64');
      this.publications.push({ signedContractData, pcid: input.pcid, context });
      if (this.refusals.length > 0) return { contract: null, userErrors: this.refusals };
      const { body } = decodeMessage(signedContractData);
      const emaid = body.type === 'CertificateInstallationRes' ? body.emaid.value.slice(0, 14) : '';
      return { contract: { id: globalId('Contract', emaid) }, userErrors: [] };
    },
  };

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
    this.down.clear();
    this.refusals = [];
    this.pageSize = 100;
  }
}
