import { generateKeyPairSync } from 'node:crypto';
import { wrapContractKey } from './contract-key/iso2.ts';

/* Wraps many keys in a process that collects garbage often: `node --max-semi-space-size=1 key-octets.fixture.ts`. */
const car = generateKeyPairSync('ec', { namedCurve: 'P-256' });
for (let wrapped = 0; wrapped < 4_000; wrapped++) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  wrapContractKey({ privateKey, oemPublicKey: car.publicKey });
}
process.stdout.write('done');
