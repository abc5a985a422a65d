import { expect } from 'vitest';
import type { Caller } from '@chargegraph/identity';
import { operator, type Harness } from './harness.fixture.ts';

export const listSigners = `query ($first: Int, $after: String, $last: Int, $before: String) {
  cpsSigners(first: $first, after: $after, last: $last, before: $before) {
    nodes { isDefault certificate { fingerprint } }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}`;

/** What {@link listSigners} answers. */
export interface SignerList {
  readonly nodes: readonly {
    readonly isDefault: boolean;
    readonly certificate: { readonly fingerprint: string };
  }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  readonly totalCount: number;
}

/** A page of the signers. */
export async function signersOf(
  harness: Harness,
  variables: object = { first: 10 },
  caller: Caller = operator,
) {
  const response = await harness.run(caller, listSigners, { ...variables });
  expect(response.errors).toBeUndefined();
  return response.data?.['cpsSigners'] as SignerList;
}
