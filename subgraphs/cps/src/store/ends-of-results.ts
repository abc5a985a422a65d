import { setImmediate as othersTurn } from 'node:timers/promises';
import type { Run, Step } from '@chargegraph/cleansing';
import type { Database } from '@chargegraph/database';
import { parseCertificate } from '@chargegraph/pki';
import { signedPartsOf } from '../domain/installation-response.ts';
import type { SigningKey } from '../domain/signing-result.ts';
import { keyArrays, keysGiven } from './leaving-results.ts';
import { keyColumns, keyParams, selectedKey } from './signing-results.ts';

interface ResultWithoutEnd extends SigningKey {
  readonly exi: Uint8Array;
}

const readAtOnce = 50;

/**
 * Notes when the contracts end of results from before that was noted. A dry run only counts those that have ended: what is
 * found afterwards by what is noted are others.
 */
export function noteEndsOfResults(database: Database): Step {
  return async (run) => {
    let batch: readonly ResultWithoutEnd[] = [];
    do {
      await run.goOn();
      const began = performance.now();
      batch = await withoutEnd(database, batch.at(-1));
      const ends: (SigningKey & { readonly notAfter: Date })[] = [];
      for (const result of batch) {
        const notAfter = endOf(result, run);
        if (notAfter !== undefined) ends.push({ ...result, notAfter });
        await othersTurn();
      }
      const now = run.clock.now();
      if (run.dryRun) run.tally.expired += ends.filter(({ notAfter }) => notAfter <= now).length;
      else await note(database, ends);
      await run.pace.rest(performance.now() - began);
    } while (batch.length === readAtOnce);
  };
}

function withoutEnd(database: Database, after: SigningKey | undefined): Promise<ResultWithoutEnd[]> {
  const params = after === undefined ? [null, null, null, null, null] : keyParams(after);
  return database.query<ResultWithoutEnd>(
    `SELECT ${selectedKey}, exi FROM signing_result
      WHERE contract_not_after IS NULL
        AND ($1::text IS NULL OR (${keyColumns}) > ($1, $2::text, $3::text, $4::namespace, $5::text))
      ORDER BY ${keyColumns} LIMIT $6`,
    [...params, readAtOnce],
  );
}

function endOf(
  { exi, namespace, emaidIdentity }: ResultWithoutEnd,
  { tally, logger }: Run,
): Date | undefined {
  try {
    return parseCertificate(signedPartsOf(exi, namespace).contractCertificate).notAfter;
  } catch (error) {
    tally.failures++;
    logger.error({ err: error, emaid: emaidIdentity }, 'what was signed cannot be read');
    return undefined;
  }
}

async function note(
  database: Database,
  ends: readonly (SigningKey & { readonly notAfter: Date })[],
): Promise<void> {
  if (ends.length === 0) return;
  // What is of one key is of one contract certificate, whoever signed it when.
  await database.execute(
    `UPDATE signing_result SET contract_not_after = e.contract_not_after
       FROM ${keysGiven.replace('unnest(', 'unnest($6::timestamptz[], ')} AS e (contract_not_after, ${keyColumns})
      WHERE ${keyColumns
        .split(', ')
        .map((column) => `signing_result.${column} = e.${column}`)
        .join(' AND ')}`,
    [...keyArrays(ends), ends.map(({ notAfter }) => notAfter)],
  );
}
