import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { Caller } from '@chargegraph/identity';
import type { operations } from '../../generated/opcp.ts';
import type { OperationId } from './contract.ts';

type Part<O, Key extends string, Otherwise> =
  O extends Readonly<Partial<Record<Key, infer P>>> ? P : Otherwise;
type Parameters<Id extends OperationId> = operations[Id]['parameters'];
type Json<O> = O extends { readonly content: { readonly 'application/json': infer Body } } ? Body : never;
/** No members are known where nothing of the kind is in the contract. */
type Given<P> = Exclude<P, undefined> extends never ? object : Exclude<P, undefined>;

/** Runs a typed operation on the graph as whoever called. */
export type Ask = <R, V extends object>(document: TypedDocumentNode<R, V>, variables: V) => Promise<R>;

/** A request that the contract lets pass: numbers that came as text are numbers, and the other way round. */
export interface Call<Id extends OperationId> {
  readonly params: Given<Part<Parameters<Id>, 'path', undefined>>;
  readonly query: Given<Part<Parameters<Id>, 'query', undefined>>;
  /** Any header, by its lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Json<Exclude<Part<operations[Id], 'requestBody', undefined>, undefined>>;
  readonly caller: Caller;
  /**
   * Runs an operation on the graph as the caller, within the caller's limits.
   *
   * @throws ChargeGraphError the graph's first error, or the first of a payload's `userErrors`
   */
  readonly ask: Ask;
}

/** An answer that the contract has for the operation. Refusals are thrown, as ChargeGraphError. */
export type Answer<Id extends OperationId> = {
  [Status in keyof operations[Id]['responses']]: {
    readonly status: Status;
    readonly body: Json<operations[Id]['responses'][Status]>;
  };
}[keyof operations[Id]['responses']];

/** What serves an operation. */
export type Handler<Id extends OperationId> = (call: Call<Id>) => Promise<Answer<Id>>;

/** Handlers by the `operationId` of what they serve. */
export type Handlers = { readonly [Id in OperationId]?: Handler<Id> };
