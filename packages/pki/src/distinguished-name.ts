import { attributeTypeName, attributeTypeOid } from './attribute-types.ts';
import { LruMap } from './lru-map.ts';

/** One attribute of a distinguished name. */
export interface NameAttribute {
  /** The attribute type as a dotted object identifier, e.g. `2.5.4.3` for CN. */
  readonly type: string;
  /** The value as text; `#` and hexadecimal octets where it was given in that form and is no text. */
  readonly value: string;
}

/**
 * A distinguished name as its relative names, in the order of RFC 4514: the most specific one first, i.e. the
 * reverse of the order in the certificate. A relative name nearly always has exactly one attribute.
 */
export type DistinguishedName = readonly (readonly NameAttribute[])[];

/** Longer names are refused; a certificate of 800 octets can't hold one. */
const maximumLength = 4096;
const maximumAttributes = 64;

interface Cursor {
  readonly text: string;
  position: number;
}

/**
 * Reads the string form of a distinguished name: RFC 4514, and what is met in the field beside it (blanks
 * around separators, `;` as separator, quoted values, the `OID.` prefix, OpenSSL's old `/C=…/CN=…`). Attribute
 * types are names in any case or dotted object identifiers.
 *
 * @returns the name, `[]` for an empty one; undefined if the text is no distinguished name. Never throws.
 */
export function parseDistinguishedName(text: string): DistinguishedName | undefined {
  if (text.length > maximumLength) return undefined;
  const trimmed = text.trimStart();
  if (trimmed === '') return [];
  const slashes = trimmed.startsWith('/');
  const cursor: Cursor = { text: slashes ? trimmed.slice(1) : trimmed, position: 0 };
  const separators = slashes ? '/' : ',;';
  const names: NameAttribute[][] = [[]];
  for (let count = 0; count < maximumAttributes; count++) {
    const type = readType(cursor);
    if (type === undefined) return undefined;
    const value = readValue(cursor, `${separators}+`);
    if (value === undefined) return undefined;
    names.at(-1)?.push({ type, value });
    const separator = cursor.text[cursor.position++];
    if (separator === undefined) return slashes ? names.reverse() : names;
    if (separator !== '+') names.push([]);
  }
  return undefined;
}

/** Writes a distinguished name as RFC 4514 has it, with `,` and `+` and no blanks. */
export function formatDistinguishedName(name: DistinguishedName): string {
  return name
    .map((attributes) =>
      attributes.map(({ type, value }) => `${attributeTypeName(type)}=${escapeValue(value)}`).join('+'),
    )
    .join(',');
}

/** The values of the attributes of the type `oid`, most specific first. */
export function attributeValues(name: DistinguishedName, oid: string): string[] {
  return name.flatMap((attributes) =>
    attributes.filter(({ type }) => type === oid).map(({ value }) => value),
  );
}

/**
 * True if two distinguished names in string form have the same attributes, regardless of their order and of
 * how they are spelt: values compare as RFC 4518 prepares them (compatibility normalisation, case folded,
 * insignificant blanks dropped). This is how a root certificate id that a car sends (X509IssuerName,
 * ISO 15118-2 clause 8.5.2) is matched. Text that is no distinguished name equals nothing; never throws.
 */
export function sameDistinguishedName(a: string, b: string): boolean {
  const left = attributesKey(a);
  return left !== '' && left === attributesKey(b);
}

/** Roots' names, which every car lists, as {@link attributesKey} has them. */
const knownKeys = new LruMap<string, string>(1_000);

/** Equal for names in string form with the same attributes in whatever order; empty for what is no name. */
function attributesKey(text: string): string {
  if (text.length > maximumLength) return '';
  let key = knownKeys.get(text);
  if (key === undefined) {
    const name = parseDistinguishedName(text);
    key = name === undefined ? '' : JSON.stringify(name.flat().map(attributeKey).sort());
    knownKeys.set(text, key);
  }
  return key;
}

/**
 * A string that is equal for names that RFC 5280 clause 7.1 holds for equal: the same relative names in the
 * same order, values compared as RFC 4518 prepares them. Issuer and subject are linked by it.
 */
export function distinguishedNameKey(name: DistinguishedName): string {
  return JSON.stringify(name.map((attributes) => attributes.map(attributeKey).sort()));
}

function attributeKey({ type, value }: NameAttribute): string {
  return `${type}=${prepareForComparison(value)}`;
}

function prepareForComparison(value: string): string {
  const mapped = value
    .replace(/[\t\n\v\f\r\u0085\p{Z}]/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}\u034F\u180B-\u180D\uFE00-\uFE0F\uFFFC]/gu, '');
  return foldCase(foldCase(mapped).normalize('NFKC')).replace(/ +/g, ' ').trim();
}

/** Upper and then lower case folds what lower case alone leaves apart, such as `ß` and `SS`. */
function foldCase(value: string): string {
  return value.toUpperCase().toLowerCase();
}

function readType(cursor: Cursor): string | undefined {
  const equals = cursor.text.indexOf('=', cursor.position);
  if (equals < 0) return undefined;
  const type = cursor.text.slice(cursor.position, equals).trim();
  cursor.position = equals + 1;
  return attributeTypeOid(type);
}

/** Reads up to one of `ends` or the end of the text, where the cursor is left. */
function readValue(cursor: Cursor, ends: string): string | undefined {
  const { text } = cursor;
  while (isBlank(text[cursor.position])) cursor.position++;
  if (text[cursor.position] === '#') return readHexadecimal(cursor, ends);
  const quoted = text[cursor.position] === '"';
  if (quoted) cursor.position++;
  const stops = quoted ? '"' : ends;
  const octets: Buffer[] = [];
  let significant = 0;
  for (;;) {
    const character = text[cursor.position];
    if (character === undefined) {
      if (quoted) return undefined;
      break;
    }
    if (stops.includes(character)) break;
    const escaped = character === '\\';
    const part = escaped ? readEscape(cursor) : readPlain(cursor, stops);
    if (part === undefined) return undefined;
    octets.push(part);
    if (quoted || escaped || !isBlank(character)) significant = octets.length;
  }
  if (quoted) {
    cursor.position++;
    while (isBlank(text[cursor.position])) cursor.position++;
    const next = text[cursor.position];
    if (next !== undefined && !ends.includes(next)) return undefined;
  }
  return Buffer.concat(octets.slice(0, significant)).toString('utf8');
}

/** Reads characters that stand for themselves: either blanks or others, since blanks at a value's end do not count. */
function readPlain(cursor: Cursor, stops: string): Buffer {
  const { text, position } = cursor;
  const blank = isBlank(text[position]);
  let end = position + 1;
  for (; end < text.length; end++) {
    const character = text[end] ?? '';
    if (character === '\\' || isBlank(character) !== blank || stops.includes(character)) break;
  }
  cursor.position = end;
  return Buffer.from(text.slice(position, end), 'utf8');
}

function readCharacter(cursor: Cursor): Buffer {
  const character = String.fromCodePoint(cursor.text.codePointAt(cursor.position) ?? 0);
  cursor.position += character.length;
  return Buffer.from(character, 'utf8');
}

/** `\` and two hexadecimal digits (an octet of UTF-8), or `\` and the character itself. */
function readEscape(cursor: Cursor): Buffer | undefined {
  const digits = cursor.text.slice(cursor.position + 1, cursor.position + 3);
  if (/^[0-9a-f]{2}$/i.test(digits)) {
    cursor.position += 3;
    return Buffer.from(digits, 'hex');
  }
  cursor.position++;
  return cursor.position < cursor.text.length ? readCharacter(cursor) : undefined;
}

const textTags: ReadonlyMap<number, BufferEncoding> = new Map([
  [0x0c, 'utf8'],
  [0x12, 'latin1'],
  [0x13, 'latin1'],
  [0x14, 'latin1'],
  [0x16, 'latin1'],
]);

/**
 * `#` and the value's encoding in hexadecimal. Java writes e-mail addresses and other types without a standard
 * name like this, so a short text string is read as its text; any other value stays hexadecimal.
 */
function readHexadecimal(cursor: Cursor, ends: string): string | undefined {
  const start = cursor.position + 1;
  while (cursor.position < cursor.text.length && !ends.includes(cursor.text[cursor.position] ?? '')) {
    cursor.position++;
  }
  const digits = cursor.text.slice(start, cursor.position).trim();
  if (!/^(?:[0-9a-f]{2})+$/i.test(digits)) return undefined;
  const octets = Buffer.from(digits, 'hex');
  const encoding = textTags.get(octets[0] ?? 0);
  const isShortText = encoding !== undefined && octets[1] === octets.length - 2 && octets.length < 130;
  return isShortText ? octets.subarray(2).toString(encoding) : `#${digits.toLowerCase()}`;
}

function escapeValue(value: string): string {
  return value.replace(/["+,;<>\\]|^[ #]| $|\p{Cc}/gu, (character) =>
    /\p{Cc}/u.test(character)
      ? Buffer.from(character, 'utf8').toString('hex').replace(/../g, '\\$&')
      : `\\${character}`,
  );
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r';
}
