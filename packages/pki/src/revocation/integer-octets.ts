import { DERElement } from 'asn1-ts';

/** An integer's octets as DER has them: two's complement, as few as there can be. */
export function integerOctets(integer: bigint): Uint8Array {
  const element = new DERElement();
  element.integer = integer;
  return element.value;
}

/** The same octets without leading ones that say nothing, which some encoders leave there. */
export function shortestInteger(octets: Uint8Array): Uint8Array {
  let start = 0;
  while (start + 1 < octets.length) {
    const [first, isNegative] = [octets[start], (octets[start + 1] ?? 0) >= 0x80];
    if (first !== (isNegative ? 0xff : 0x00)) break;
    start++;
  }
  return start === 0 ? octets : octets.subarray(start);
}

/** True if two integers, given as octets, are one. */
export function sameInteger(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(shortestInteger(a), shortestInteger(b)) === 0;
}
