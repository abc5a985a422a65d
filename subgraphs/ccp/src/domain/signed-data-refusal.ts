import { ChargeGraphError } from '@chargegraph/service';

/** The input field that signed contract data comes in. */
export const signedDataPath: readonly string[] = ['signedContractData'];

/** Refuses signed contract data for what it holds. */
export const badSignedData = (message: string): ChargeGraphError =>
  new ChargeGraphError('BAD_INPUT', message, { path: signedDataPath });

/** Refuses signed contract data whose digests or signature do not hold. */
export const badSignature = (): ChargeGraphError =>
  new ChargeGraphError('SIGNATURE_INVALID', 'The signature of the provisioning service does not hold.', {
    path: signedDataPath,
  });
