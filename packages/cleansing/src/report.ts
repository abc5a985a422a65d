/** The pools that are cleansed, in the order in which they read each other. */
export const cleansedPools = ['rcp', 'pcp', 'ccp', 'cps'] as const;

/** One of {@link cleansedPools}. */
export type CleansedPool = (typeof cleansedPools)[number];

/** What a run counts. */
export interface Tally {
  /** What was looked at: roots, provisioning certificates, contract data, signing results and issued certificates. */
  checked: number;
  /** Certificates whose CA was asked anew. */
  refreshed: number;
  /** What was found to have ended. */
  expired: number;
  /** What was found to be revoked for good, and not to have ended. */
  revoked: number;
  /** What was deleted: all of both, in a dry run nothing. */
  deleted: number;
  /** Signers of which a certificate of the chain has ended; they stay. */
  endedSigners: number;
  /** Certificates of which no source gave a verdict, and what could not be read or deleted. */
  failures: number;
}

/** What came of a run. */
export interface CleansingReport extends Readonly<Tally> {
  readonly pool: CleansedPool;
  /** Nothing was asked and nothing was written. */
  readonly dryRun: boolean;
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

/** A tally of nothing. */
export const newTally = (): Tally => ({
  checked: 0,
  refreshed: 0,
  expired: 0,
  revoked: 0,
  deleted: 0,
  endedSigners: 0,
  failures: 0,
});
