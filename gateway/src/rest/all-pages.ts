import { ChargeGraphError } from '@chargegraph/service';

/** A page of a connection, as far as it is needed to go on. */
export interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null | undefined };
}

/** Pages of one list that are read for one request at most: of 100 entries each, a million. */
const mostPages = 10_000;

/**
 * The whole of a list, which OPCP knows no pages of: one page after the other.
 *
 * @param read the page after a cursor, the first one without
 */
export async function allPages<Node>(
  read: (after: string | undefined) => Promise<Page<Node>>,
): Promise<Node[]> {
  const nodes: Node[] = [];
  let after: string | undefined;
  for (let count = 0; count < mostPages; count++) {
    const page = await read(after);
    nodes.push(...page.nodes);
    const { hasNextPage, endCursor } = page.pageInfo;
    if (!hasNextPage || endCursor == null) return nodes;
    after = endCursor;
  }
  throw new ChargeGraphError(
    'LIMIT_EXCEEDED',
    'The list is too long to be read at once: read it over GraphQL.',
  );
}
