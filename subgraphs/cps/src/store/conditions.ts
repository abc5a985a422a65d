import type { ChainedFilter } from '../domain/signer.ts';

/** A WHERE clause that grows, with its parameters. */
export class Conditions {
  readonly params: unknown[] = [];
  readonly #clauses: string[] = [];

  /** Adds a condition; `$` in it stands for the value. Nothing is added for undefined. */
  add(sql: string, value: unknown): this {
    if (value === undefined) return this;
    this.params.push(value);
    this.#clauses.push(sql.replace('$', `$${String(this.params.length)}`));
    return this;
  }

  /** Adds a condition without a value. */
  require(sql: string | undefined): this {
    if (sql !== undefined) this.#clauses.push(sql);
    return this;
  }

  /** Adds the condition that a row stands behind another one in the order of `columns`. */
  behind(columns: readonly Column[], values: readonly string[], descending: boolean): this {
    const placeholders = columns.map(({ type }, index) => {
      this.params.push(values[index]);
      return `$${String(this.params.length)}::${type}`;
    });
    const names = columns.map(({ sql }) => sql).join(', ');
    this.#clauses.push(`(${names}) ${descending ? '<' : '>'} (${placeholders.join(', ')})`);
    return this;
  }

  /** The parameter of a further value. */
  param(value: unknown): string {
    this.params.push(value);
    return `$${String(this.params.length)}`;
  }

  /** The conditions joined with and. */
  get sql(): string {
    return this.#clauses.length === 0 ? 'true' : this.#clauses.join(' AND ');
  }
}

/** What signers and CAs alike are narrowed by. */
export function chainedConditions(filter: ChainedFilter): Conditions {
  const { isRetired } = filter;
  return new Conditions()
    .add('namespace = $', filter.namespace)
    .add('fingerprint = ANY ($)', filter.fingerprints)
    .add('root_fingerprint = ALL ($)', filter.rootFingerprints)
    .add('ends_at < $', filter.expiringBefore)
    .add('ends_at > $', filter.expiring?.after)
    .add('ends_at <= $', filter.expiring?.until)
    .add('added_at >= $', filter.addedFrom)
    .add('added_at < $', filter.addedBefore)
    .require(
      isRetired === undefined ? undefined : isRetired ? 'retired_at IS NOT NULL' : 'retired_at IS NULL',
    );
}

/** A column that a list is ordered by, and its type. */
export interface Column {
  readonly sql: string;
  readonly type: string;
}

/** `ORDER BY` of columns that all go the same way. */
export const orderBy = (columns: readonly Column[], descending: boolean): string =>
  `ORDER BY ${columns.map(({ sql }) => `${sql} ${descending ? 'DESC' : 'ASC'}`).join(', ')}`;
