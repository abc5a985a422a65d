/**
 * Composes the subgraph schemas into `schema/supergraph.graphql`, the one generated file that is committed.
 * With `--check`, writes nothing and fails when the committed file is not what the schemas compose to.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { pools, schemaFolder, subgraphSdl } from '../packages/graph/src/sdl.ts';

const result = composeServices(
  pools.map((pool) => ({ name: pool, typeDefs: parse(subgraphSdl(pool)), url: `chargegraph://${pool}` })),
);
if (result.errors !== undefined) {
  for (const error of result.errors) console.error(error.message);
  process.exit(1);
}
for (const hint of result.hints) console.error(`hint: ${hint.message}`);

const file = join(schemaFolder, 'supergraph.graphql');
const supergraph = `# Composed by \`pnpm compose\` from the subgraph schemas. Do not edit.\n${result.supergraphSdl}\n`;
if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== supergraph) {
    console.error('schema/supergraph.graphql is not what the schemas compose to: run `pnpm compose`.');
    process.exit(1);
  }
} else {
  writeFileSync(file, supergraph);
}
