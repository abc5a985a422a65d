import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The certificate pools, each of which can be a process of its own and is able to read from those before it only (see
 * docs/ARCHITECTURE.md, "Crossing pools").
 */
export const standalonePools = ['rcp', 'pcp', 'ccp', 'cps'] as const;

/** One of {@link standalonePools}. */
export type StandalonePool = (typeof standalonePools)[number];

/**
 * All subgraphs of the graph: the pools, and the clients, which are no pool of certificates, ask no pool, and run in
 * every gateway process over its own database.
 */
export const pools = [...standalonePools, 'identity'] as const;

/** A subgraph's short name, as in folder names and in the supergraph. */
export type Pool = (typeof pools)[number];

/** The folder of the schema files. */
export const schemaFolder = join(import.meta.dirname, '..', '..', '..', 'schema');

/** A subgraph's whole SDL: its own file and the types that all share. */
export function subgraphSdl(pool: Pool): string {
  const read = (name: string) => readFileSync(join(schemaFolder, `${name}.graphql`), 'utf8');
  return `${read(pool)}\n${read('shared')}`;
}

/** The composed graph's SDL, `schema/supergraph.graphql`. */
export function supergraphSdl(): string {
  return readFileSync(join(schemaFolder, 'supergraph.graphql'), 'utf8');
}
