import { IdentifierError } from './error.ts';

/** Every character stands for two row vectors, (q1 q2) modulo 2 and (r1 r2) modulo 3. */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LENGTH = 14;

/** Row vector times P1 = (0 1; 1 1) modulo 2. */
function timesP1([a, b]: readonly [number, number]): readonly [number, number] {
  return [b, (a + b) % 2];
}

/** Row vector times P2 = (0 1; 1 2) modulo 3. */
function timesP2([a, b]: readonly [number, number]): readonly [number, number] {
  return [b, (a + 2 * b) % 3];
}

/**
 * The check digit of an EMAID (ISO 15118-2, annex H): the 15th character that makes
 * q(1)·P1 + q(2)·P1² + … + q(15)·P1¹⁵ vanish modulo 2 and r(1)·P2 + … + r(15)·P2¹⁵ vanish modulo 3.
 * @param identity - 14 letters or digits, upper case.
 * @throws {@link IdentifierError} for anything else; callers parse first.
 */
export function emaidCheckDigit(identity: string): string {
  if (!/^[A-Z0-9]{14}$/.test(identity))
    throw new IdentifierError('emaid', 'must be 14 letters or digits to get a check digit');
  // Horner's rule from the last character on: the sum of v(i)·P^i is (…((v(14)·P + v(13))·P + …)·P.
  let q: readonly [number, number] = [0, 0];
  let r: readonly [number, number] = [0, 0];
  for (let position = LENGTH - 1; position >= 0; position--) {
    const value = ALPHABET.indexOf(identity.charAt(position));
    q = timesP1([(q[0] + (Math.floor(value / 18) % 2)) % 2, (q[1] + (Math.floor(value / 9) % 2)) % 2]);
    r = timesP2([(r[0] + (Math.floor(value / 3) % 3)) % 3, (r[1] + (value % 3)) % 3]);
  }
  // P1 has order 3 and P2 has order 8, so P1¹⁵ = 1 and the inverse of P2¹⁵ is P2.
  const [r1, r2] = timesP2([(3 - r[0]) % 3, (3 - r[1]) % 3]);
  return ALPHABET.charAt(18 * q[0] + 9 * q[1] + 3 * r1 + r2);
}
