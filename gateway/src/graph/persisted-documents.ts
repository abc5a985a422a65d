import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { z } from 'zod';
import { ChargeGraphError, ConfigurationError } from '@chargegraph/service';

/** A request's part that says which document to run. */
export interface DocumentRequest {
  readonly query?: unknown;
  /** GraphQL over HTTP, appendix "Persisted Documents". */
  readonly documentId?: unknown;
  /** `persistedQuery.sha256Hash` in it, as Apollo's clients send it. */
  readonly extensions?: unknown;
}

/** Documents that were registered with the gateway beforehand. */
export interface PersistedDocuments {
  /**
   * The text that a request wants to run; what it sent, when it is no text and no id is given.
   *
   * @throws ChargeGraphError NOT_FOUND for an unknown id, FORBIDDEN for a text when only registered ones may run
   */
  textOf(request: DocumentRequest): unknown;
}

/** Without any: ids mean nothing. */
export const noPersistedDocuments: PersistedDocuments = { textOf: ({ query }) => query };

const manifest = z.record(z.string(), z.string());

/**
 * Reads a JSON file `{id: document}`, as graphql-codegen writes it, or a folder of such files and of documents named
 * `<id>.graphql`.
 *
 * @param only whether nothing else may run
 * @throws ConfigurationError
 */
export async function readPersistedDocuments(path: string, only: boolean): Promise<PersistedDocuments> {
  const documents = new Map<string, string>();
  try {
    const files = (await stat(path)).isDirectory()
      ? (await readdir(path)).sort().map((file) => join(path, file))
      : [path];
    for (const file of files) {
      if (extname(file) === '.graphql') {
        documents.set(basename(file, '.graphql'), await readFile(file, 'utf8'));
      } else if (extname(file) === '.json') {
        const parsed = manifest.parse(JSON.parse(await readFile(file, 'utf8')));
        for (const [id, document] of Object.entries(parsed)) documents.set(id, document);
      }
    }
  } catch (error) {
    const why = error instanceof z.ZodError ? 'a file is no object of texts' : String(error);
    throw new ConfigurationError(`CHARGEGRAPH_PERSISTED_DOCUMENTS cannot be read: ${why}`);
  }
  return createPersistedDocuments(documents, only);
}

/** Documents by id; `only` when no other text may run. */
export function createPersistedDocuments(
  documents: ReadonlyMap<string, string>,
  only: boolean,
): PersistedDocuments {
  const texts = new Set(documents.values());
  return {
    textOf(request) {
      const { query } = request;
      const id = idOf(request);
      const known = id === undefined ? undefined : (documents.get(id) ?? documents.get(id.slice(prefix(id))));
      if (known !== undefined) return known;
      // graphql-ws takes no message without a query: an empty one stands for none.
      if (id !== undefined && (query === undefined || query === null || query === '')) {
        // This word makes Apollo's clients send the text.
        throw new ChargeGraphError('NOT_FOUND', 'PersistedQueryNotFound');
      }
      if (only && typeof query === 'string' && !texts.has(query)) {
        throw new ChargeGraphError(
          'FORBIDDEN',
          'Only registered documents are run here: send the id of one.',
        );
      }
      return query;
    },
  };
}

const prefix = (id: string) => (id.startsWith('sha256:') ? 'sha256:'.length : 0);

const apolloExtension = z.object({ persistedQuery: z.object({ sha256Hash: z.string() }) });

function idOf({ documentId, extensions }: DocumentRequest): string | undefined {
  if (typeof documentId === 'string') return documentId;
  return apolloExtension.safeParse(extensions).data?.persistedQuery.sha256Hash;
}
