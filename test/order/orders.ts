/** What a process of writers is told. */
export interface Orders {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Of contracts whose rows are there. */
  readonly emaids: readonly string[];
  /** The car whose contracts they are. */
  readonly pcid: string;
  /** How many write at a time, each on a connection of its own. */
  readonly writers: number;
  /** How many transactions each of them makes. */
  readonly transactions: number;
  /** The longest that a long one stays open after its event, in milliseconds. */
  readonly longest: number;
}

/** An event that was committed. */
export interface CommittedEvent {
  readonly id: string;
  readonly emaid: string;
  /** Taken while the contract's row was locked: of one contract, whoever committed later has the higher one. */
  readonly turn: number;
}

/** What became of them. */
export interface Ended {
  readonly committed: readonly CommittedEvent[];
  /** How many transactions were rolled back. */
  readonly rolledBack: number;
  /** How many of those that were committed stayed open for a while. */
  readonly long: number;
}

/** The database's sequence from which turns are taken. */
export const orderSequence = 'ccp.order_of_writing';
