/** What a large CRL costs to read, to keep and to search, beside the verification of one signature. */
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { parseArgs } from 'node:util';
import { DERElement } from 'asn1-ts';
import { issueCertificate } from '../src/index.ts';
import { readCrl } from '../src/revocation/crl.ts';
import { elementsOf, readOnlyElement, type Element } from '../src/revocation/elements.ts';
import { makeCrl } from '../src/testing/index.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, entries: { type: 'string', default: '1000000' } },
});
const count = Number(values.entries);
const now = new Date();
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const certificate = await issueCertificate({
  subject: { commonName: 'Bench CA' },
  publicKey,
  signingKey: privateKey,
  notBefore: new Date(now.getTime() - 86_400_000),
  notAfter: new Date(now.getTime() + 86_400_000),
  ca: {},
});

/** The element with other contents. */
function refill(element: Element, value: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = new DERElement();
  copy.fromBytes(element.raw);
  copy.value = value;
  return copy.toBytes();
}

/** A CRL of so many entries with serial numbers of 20 octets and a reason each, made from one with a single entry. */
function largeCrl(): { octets: Buffer; serials: bigint[] } {
  const first = BigInt(`0x40${'00'.repeat(19)}`);
  const nextUpdate = new Date(now.getTime() + 3_600_000);
  const entries = [{ serialNumber: first, at: now, reason: 'keyCompromise' as const }];
  const small = makeCrl({ issuer: { certificate, privateKey }, thisUpdate: now, nextUpdate, entries });
  const outer = readOnlyElement(small);
  const [tbs, algorithm, signature] = elementsOf(outer);
  if (tbs === undefined || algorithm === undefined || signature === undefined) throw new Error('no CRL');
  const fields = elementsOf(tbs);
  const list = fields.at(-1);
  if (list === undefined) throw new Error('no entries');
  const at = list.value.indexOf(0x40);
  const serials: bigint[] = [];
  const all = Buffer.alloc(list.value.length * count);
  for (let index = 0; index < count; index++) {
    const position = index * list.value.length;
    all.set(list.value, position);
    const serial = randomBytes(19);
    all.set(serial, position + at + 1);
    if (index % Math.ceil(count / 1_000) === 0) serials.push(BigInt(`0x40${serial.toString('hex')}`));
  }
  const large = refill(tbs, Buffer.concat([...fields.slice(0, -1).map(({ raw }) => raw), refill(list, all)]));
  const signed = Buffer.concat([Buffer.of(0), sign('sha256', large, privateKey)]);
  const octets = Buffer.from(refill(outer, Buffer.concat([large, algorithm.raw, refill(signature, signed)])));
  return { octets, serials };
}

function perSecond(work: () => void): number {
  const began = performance.now();
  let done = 0;
  while (performance.now() - began < 500) {
    work();
    done++;
  }
  return (done * 1_000) / (performance.now() - began);
}

const { octets, serials } = largeCrl();
globalThis.gc?.();
const before = process.memoryUsage();
const began = performance.now();
let [last, longestPause] = [began, 0];
const heartbeat = setInterval(() => {
  longestPause = Math.max(longestPause, performance.now() - last);
  last = performance.now();
}, 1);
const crl = await readCrl(octets, certificate);
const milliseconds = performance.now() - began;
clearInterval(heartbeat);
globalThis.gc?.();
const after = process.memoryUsage();
if (!serials.every((serial) => crl.entries.find(serial)?.reason === 'keyCompromise'))
  throw new Error('not found');

const message = randomBytes(600);
const signature = sign('sha256', message, privateKey);
const verifications = perSecond(() => verify('sha256', message, publicKey, signature));
let turn = 0;
const found = perSecond(() => crl.entries.find(serials[turn++ % serials.length] ?? 0n));
const missed = perSecond(() => crl.entries.find(BigInt(turn++)));

const report = {
  entries: crl.entries.size,
  octets: octets.length,
  readMilliseconds: Math.round(milliseconds),
  readInSignatureVerifications: Math.round((milliseconds * verifications) / 1_000),
  longestPauseMilliseconds: Math.round(longestPause),
  keptOctetsPerEntry: +(crl.entries.octets / crl.entries.size).toFixed(1),
  heapMebibytes: Math.round((after.heapUsed - before.heapUsed) / 2 ** 20),
  foundPerVerification: +(found / verifications).toFixed(2),
  notFoundPerVerification: +(missed / verifications).toFixed(2),
};
process.stdout.write(
  values.json
    ? `${JSON.stringify(report)}\n`
    : Object.entries(report)
        .map(([name, value]) => `${name.padEnd(30)}${value}\n`)
        .join(''),
);
