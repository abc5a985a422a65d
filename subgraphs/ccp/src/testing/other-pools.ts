import { Supergraph } from '@apollo/federation-internals';
import { graphql, type ExecutionResult } from 'graphql';
import {
  createGraphClient,
  formatGraphQLError,
  requireRole,
  supergraphSdl,
  type GraphClient,
  type RequestContext,
  type SubgraphResponse,
} from '@chargegraph/graph';
import { ownsVehicle } from '@chargegraph/identity';
import { toPem, type Certificate } from '@chargegraph/pki';
import { silentLogger } from '@chargegraph/service';
import { ProvisioningLogInMemory } from './provisioning-log.ts';

import type { Namespace } from '../domain/contract.ts';

type RootType = 'V2G' | 'OEM' | 'MO' | 'PE';

/** A car in the provisioning certificate pool of a test. */
export interface CarInPool {
  readonly certificate: Certificate;
  readonly subCas: readonly Certificate[];
}

const schema = Supergraph.build(supergraphSdl()).apiSchema().toGraphQLJSSchema();
const shown = (certificate: Certificate) => ({ pem: toPem(certificate) });

/** The pools below this one, in memory, asked through the composed graph's own schema. */
export class OtherPoolsInMemory {
  readonly roots: { readonly type: RootType; readonly certificate: Certificate }[] = [];
  /** The certificates of ISO 15118-2 by upper-case PCID. */
  readonly cars = new Map<string, CarInPool>();
  /** PCP's log and epochs. */
  readonly log = new ProvisioningLogInMemory();
  /** Key identifiers of the V2G roots installed in cars, by upper-case PCID. */
  readonly installedRoots = new Map<string, readonly string[]>();
  /** Cars of ISO 15118-20. */
  readonly iso20Cars = new Map<string, CarInPool>();
  /** Every call, in order, but those that read PCP's log. */
  readonly calls: { readonly field: string; readonly context: RequestContext }[] = [];
  /** How often PCP's log was read. */
  logReads = 0;
  /** Roots on one page of RCP's list. */
  pageSize = 100;
  isDown = false;
  /** What PCP's answer about a car waits for on its way. */
  delay: (() => Promise<void>) | undefined;

  /** The client that a pool is given. */
  readonly client: GraphClient = createGraphClient(async ({ query, variables, context }) => {
    const result: ExecutionResult = await graphql({
      schema,
      source: query,
      variableValues: variables,
      rootValue: this.#fields,
      contextValue: context,
    });
    const errors = result.errors?.map((error) => formatGraphQLError(error, context.traceId, silentLogger));
    return {
      data: result.data as SubgraphResponse['data'] & object,
      ...(errors !== undefined && { errors }),
    };
  });

  readonly #fields = {
    rootCertificates: ({ after }: { after?: string }, context: RequestContext) => {
      this.#called('rootCertificates', context);
      const start = Number(after ?? 0);
      const end = start + this.pageSize;
      const nodes = this.roots.slice(start, end).map(({ type, certificate }) => ({
        type,
        certificate: shown(certificate),
      }));
      return { nodes, pageInfo: { hasNextPage: end < this.roots.length, endCursor: String(end) } };
    },

    provisioningCertificateEventLog: (where: { after?: string | null; first: number }) => {
      this.logReads++;
      if (this.isDown) throw new Error('connect ECONNREFUSED');
      return this.log.read(where);
    },

    provisioningCertificate: async (
      { pcid, namespace }: { pcid: string; namespace: Namespace },
      context: RequestContext,
    ) => {
      this.#called('provisioningCertificate', context);
      const car = (namespace === 'ISO15118_2' ? this.cars : this.iso20Cars).get(pcid.toUpperCase());
      const { caller } = context;
      const maySee = caller.roles.has('SERVICE') || ownsVehicle(caller, pcid.slice(0, 3));
      if (car === undefined || !maySee) return null;
      const key = { pcid: pcid.toUpperCase(), namespace };
      const answer = {
        pcid: car.certificate.commonName,
        contractEpoch: () => {
          requireRole(caller, ['SERVICE'], 'ProvisioningCertificate.contractEpoch');
          return this.log.epochOf(key).toString();
        },
        v2gRootAuthorityKeyIdentifiers: this.installedRoots.get(key.pcid) ?? [],
        certificate: shown(car.certificate),
        subCaCertificates: car.subCas.map(shown),
      };
      await this.delay?.();
      return answer;
    },
  };

  #called(field: string, context: RequestContext): void {
    this.calls.push({ field, context });
    if (this.isDown) throw new Error('connect ECONNREFUSED');
  }

  /** Empties the pools. */
  clear(): void {
    this.roots.length = 0;
    this.calls.length = 0;
    this.cars.clear();
    this.installedRoots.clear();
    this.iso20Cars.clear();
    this.isDown = false;
    this.delay = undefined;
    this.pageSize = 100;
  }
}
