import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { schemaFolder } from '@chargegraph/graph';
import type { operations } from '../../generated/opcp.ts';

/** The `operationId` of an operation of `schema/opcp.openapi.yaml`. */
export type OperationId = keyof operations;

/** An operation as the contract has it, as far as the door reads it. */
export interface ContractOperation {
  readonly operationId: OperationId;
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, unknown>>;
}

/** The contract of the REST door, as an OpenAPI document. */
export interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const methods = new Set(['get', 'put', 'post', 'delete', 'patch', 'head', 'options']);

let read: Contract | undefined;

/** `schema/opcp.openapi.yaml` as it stands. Not to be written to. */
export function readContract(): Contract {
  read ??= parse(readFileSync(join(schemaFolder, 'opcp.openapi.yaml'), 'utf8')) as Contract;
  return read;
}

/** The operations of a contract, with the path and method of each. */
export function operationsOf(contract: Contract): {
  readonly path: string;
  readonly method: string;
  readonly operation: ContractOperation;
}[] {
  return Object.entries(contract.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => methods.has(method))
      .map(([method, operation]) => ({ path, method, operation: operation as ContractOperation })),
  );
}

/** The contract with only the operations that `keep` wants; a path without any goes. */
export function contractOf(contract: Contract, keep: (operation: ContractOperation) => boolean): Contract {
  const paths = Object.entries(contract.paths).flatMap(([path, item]) => {
    const kept = Object.entries(item).filter(
      ([key, value]) => !methods.has(key) || keep(value as ContractOperation),
    );
    return kept.some(([key]) => methods.has(key)) ? [[path, Object.fromEntries(kept)] as const] : [];
  });
  return { ...contract, paths: Object.fromEntries(paths) };
}
