import pg from 'pg';

/** PostgreSQL's `bytea[]`, which the library's types have no name for. */
const byteaArray = 1001;

type Format = 'text' | 'binary';

/** The library's parsers as it asks for them itself: by any number. */
const library = pg.types as unknown as {
  getTypeParser(oid: number, format?: Format): (value: string) => unknown;
};

/** One dimension, no nulls: hexadecimal digits hold no comma, so that nothing else has to be looked at. */
const plain = /^\{"\\\\x[0-9a-f]*"(?:,"\\\\x[0-9a-f]*")*\}$/;

/** Reads a `bytea[]` by its commas; the library goes through it character by character, and is left what is not plain. */
export function readByteaArray(text: string): unknown {
  if (!plain.test(text)) return library.getTypeParser(byteaArray)(text);
  return text
    .slice(1, -1)
    .split(',')
    .map((element) => Buffer.from(element.slice(4, -1), 'hex'));
}

/** How columns become values: as the library has it, but for `bytea[]`. */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: Format) =>
    oid === byteaArray && format !== 'binary' ? readByteaArray : library.getTypeParser(oid, format),
};
