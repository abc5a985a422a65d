import { recordWrite } from '@chargegraph/audit';
import type { Transaction } from '@chargegraph/database';
import { ChargeGraphError } from '@chargegraph/service';
import type { Signer, SignerKey, SignerStore } from '../domain/signer.ts';
import { signerColumns, toSigner, type SignerRow } from './rows.ts';

const keyOf = ({ fingerprint, namespace }: SignerKey) => [fingerprint, namespace];

async function lock(tx: Transaction, key: SignerKey, path: string): Promise<Signer> {
  const [row] = await tx.query<SignerRow>(
    `SELECT ${signerColumns} FROM cps_signer WHERE fingerprint = $1 AND namespace = $2 FOR UPDATE`,
    keyOf(key),
  );
  if (row !== undefined) return toSigner(row);
  throw new ChargeGraphError('NOT_FOUND', 'There is no such signer.', { path: [path] });
}

/**
 * Retires a signer in a transaction that has locked all of them.
 *
 * @throws ChargeGraphError as {@link SignerStore.retire} does
 */
export async function retireSigner(
  tx: Transaction,
  { key, retirement, newDefault, act }: Parameters<SignerStore['retire']>[0],
): Promise<Signer> {
  const signer = await lock(tx, key, 'id');
  const madeDefault = newDefault === undefined ? false : await makeDefault(tx, key, newDefault);
  if (signer.retirement === undefined) {
    await tx.execute(
      `UPDATE cps_signer SET is_default = false, retired_at = $3, retirement_reason = $4
        WHERE fingerprint = $1 AND namespace = $2`,
      [...keyOf(key), retirement.at, retirement.reason],
    );
  }
  if (signer.retirement !== undefined && !madeDefault) return signer;
  await recordWrite(tx, {
    act,
    action: 'retireCpsSigner',
    object: `CpsSigner ${key.fingerprint} ${key.namespace}`,
    occurredAt: retirement.at,
  });
  return await lock(tx, key, 'id');
}

/** True when it was not the default before. */
async function makeDefault(tx: Transaction, retired: SignerKey, key: SignerKey): Promise<boolean> {
  const path = ['newDefault'];
  if (key.namespace !== retired.namespace) {
    const message = 'The new default signs for another generation of the standard.';
    throw new ChargeGraphError('BAD_INPUT', message, { path });
  }
  const chosen = await lock(tx, key, 'newDefault');
  if (key.fingerprint === retired.fingerprint || chosen.retirement !== undefined) {
    throw new ChargeGraphError('BAD_INPUT', 'A retired signer cannot be the default.', { path });
  }
  if (chosen.isDefault) return false;
  await tx.execute('UPDATE cps_signer SET is_default = false WHERE namespace = $1 AND is_default', [
    key.namespace,
  ]);
  await tx.execute(
    'UPDATE cps_signer SET is_default = true WHERE fingerprint = $1 AND namespace = $2',
    keyOf(key),
  );
  return true;
}
