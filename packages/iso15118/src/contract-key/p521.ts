import type { EcCurve } from './ec-curve.ts';

/** The curve of ISO 15118-20, secp521r1 (SEC 2, 2.6.1). */
export const P521: EcCurve = {
  name: 'P-521',
  openssl: 'secp521r1',
  scalarSize: 66,
  spkiPrefix: Buffer.from('30819b301006072a8648ce3d020106052b8104002303818600', 'hex'),
};
