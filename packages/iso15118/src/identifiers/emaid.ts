import { emaidCheckDigit } from './emaid-check-digit.ts';
import { IdentifierError } from './error.ts';

declare const emaidBrand: unique symbol;

/** A contract id's identity in canonical form (ISO 15118-2, annex H): no hyphens, upper case, no check digit. */
export type Emaid = string & { readonly [emaidBrand]: true };

/** 14 characters in ISO 15118-2, 15 with a check digit; the ids of ISO 15118-20 may be longer. */
const PATTERN = /^[A-Z]{2}[A-Z0-9]{12,34}$/;
const ISO2_PATTERN = /^[A-Z]{2}[A-Z0-9]{12,13}$/;
const WITH_CHECK_DIGIT = 15;
const WITHOUT_CHECK_DIGIT = 14;
const PROVIDER_ID_LENGTH = 5;
/** Longer input is not even looked at. */
const MAX_INPUT = 64;

/** An EMAID taken apart (ISO 15118-2, annex H). */
export interface EmaidParts {
  /** What contracts are told apart by: of 15 characters the first 14, of any other length all. */
  readonly identity: Emaid;
  /** As it is to be signed: no hyphens, upper case, a check digit kept. */
  readonly spelling: string;
  /** The 15th character; absent when there is none. */
  readonly checkDigit?: string;
  /** Whether the check digit is right; true when there is none. */
  readonly checkDigitValid: boolean;
}

/**
 * The canonical identity of an EMAID (ISO 15118-2, annex H): hyphens removed, upper case, and of a 15-character
 * id the first 14. A wrong check digit is no refusal here: see {@link emaidParts}.
 * @throws {@link IdentifierError} naming the rule.
 */
export function parseEmaid(text: string): Emaid {
  return emaidParts(text).identity;
}

/**
 * Takes an EMAID apart and checks its check digit (ISO 15118-2, annex H), so that callers can warn of a wrong one or refuse it.
 * @throws {@link IdentifierError} naming the rule.
 */
export function emaidParts(text: string): EmaidParts {
  const spelling = withoutHyphens(text);
  if (!PATTERN.test(spelling)) {
    throw new IdentifierError(
      'emaid',
      'must be a country code and 12 to 34 letters or digits, hyphens apart',
    );
  }
  if (spelling.length !== WITH_CHECK_DIGIT) {
    return { identity: spelling as Emaid, spelling, checkDigitValid: true };
  }
  const identity = spelling.slice(0, WITHOUT_CHECK_DIGIT) as Emaid;
  const checkDigit = spelling.slice(WITHOUT_CHECK_DIGIT);
  return { identity, spelling, checkDigit, checkDigitValid: emaidCheckDigit(identity) === checkDigit };
}

/**
 * Whether a spelling can be signed in an ISO 15118-2 message as it is: 14 or 15 characters, no hyphens, upper
 * case (eMAIDType of the schema; annex H).
 */
export function fitsIso2Emaid(spelling: string): boolean {
  return ISO2_PATTERN.test(spelling);
}

/** The provider id of an EMAID (ISO 15118-2, annex H): its first five characters, country code and provider. */
export function providerIdOf(emaid: Emaid): string {
  return emaid.slice(0, PROVIDER_ID_LENGTH);
}

/**
 * The canonical form of a provider id (ISO 15118-2, annex H): hyphens removed, upper case, five characters.
 * @throws {@link IdentifierError} naming the rule.
 */
export function parseProviderId(text: string): string {
  const value = withoutHyphens(text);
  if (!/^[A-Z]{2}[A-Z0-9]{3}$/.test(value)) {
    throw new IdentifierError('providerId', 'must be a country code and 3 letters or digits');
  }
  return value;
}

/** Upper-cases ASCII letters only, so that no other letter turns into one of them. */
function withoutHyphens(text: string): string {
  if (text.length > MAX_INPUT) return '';
  return text.replaceAll('-', '').replace(/[a-z]/g, (letter) => letter.toUpperCase());
}
