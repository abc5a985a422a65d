import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { ChargeGraphError } from '@chargegraph/service';
import { parseEmaid, parsePcid } from '@chargegraph/iso15118';
import { readDuration, showDuration } from './duration.ts';

/** Longest value of any scalar: 8 certificates of 16 KiB in base64 would not reach it. */
const maximumLength = 256 * 1024;

/** A scalar that is a string in JSON; `read` throws a ChargeGraphError or Error whose message names the rule. */
function stringScalar<T>(
  name: string,
  read: (text: string) => T,
  show: (value: unknown) => string,
): GraphQLScalarType<T, string> {
  const readText = (text: string): T => {
    if (text.length > maximumLength) throw new GraphQLError(`${name} is too long.`);
    try {
      return read(text);
    } catch (error) {
      const message = error instanceof Error ? error.message : 'it is malformed';
      throw new GraphQLError(`${name}: ${message}`, { extensions: { code: 'BAD_INPUT' } });
    }
  };
  return new GraphQLScalarType<T, string>({
    name,
    serialize: show,
    parseValue: (value) => {
      if (typeof value !== 'string') throw new GraphQLError(`${name} must be a string.`);
      return readText(value);
    },
    parseLiteral: (node: ValueNode) => {
      if (node.kind !== Kind.STRING) throw new GraphQLError(`${name} must be a string.`);
      return readText(node.value);
    },
  });
}

const refuse = (rule: string) => new ChargeGraphError('BAD_INPUT', rule);
const asIs = (value: unknown) => String(value);

const isoOf = (date: Date) => (Number.isNaN(date.getTime()) ? undefined : date.toISOString());

function readDateTime(text: string): Date {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i.test(text)) {
    throw refuse('must be an RFC 3339 instant, e.g. 2026-03-01T12:00:00.000Z');
  }
  const date = new Date(text);
  // Date takes 30 February for 2 March, and 24:00 for the next day's 00:00.
  const local = text.slice(0, 19).toUpperCase();
  const sameDay = isoOf(new Date(`${local}Z`))?.startsWith(local) === true;
  if (!sameDay || isoOf(date)?.length !== 24) throw refuse('is no instant of the calendar');
  return date;
}

function readBase64(text: string): Uint8Array {
  const compact = text.replace(/[\r\n\t ]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)) {
    throw refuse('must match "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"');
  }
  return Buffer.from(compact, 'base64');
}

function readFingerprint(text: string): string {
  const compact = text.replaceAll(':', '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(compact)) throw refuse('must be 64 hexadecimal digits');
  return compact;
}

function readPem(text: string): string {
  if (text.trim() === '') throw refuse('must not be empty');
  return text;
}

function readWmi(text: string): string {
  if (!/^[a-zA-Z0-9]{3}$/.test(text)) throw refuse('must match "^[a-zA-Z0-9]{3}$"');
  return text.toUpperCase();
}

function readSerialNumber(text: string): bigint {
  if (!/^-?\d{1,50}$/.test(text)) throw refuse('must be a decimal integer');
  return BigInt(text);
}

function readCursor(text: string): string {
  if (!/^[A-Za-z0-9_.~-]{1,200}$/.test(text)) throw refuse('must be a cursor as it was given');
  return text;
}

function showDateTime(value: unknown): string {
  if (!(value instanceof Date)) throw new TypeError('DateTime must be a Date');
  return value.toISOString();
}

function showDurationValue(value: unknown): string {
  if (typeof value !== 'number') throw new TypeError('Duration must be milliseconds');
  return showDuration(value);
}

function showBase64(value: unknown): string {
  if (!(value instanceof Uint8Array)) throw new TypeError('Base64 must be octets');
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
}

/** The resolvers of every custom scalar: what each accepts, refuses and shows is in the schema's descriptions. */
export const scalarResolvers = {
  DateTime: stringScalar('DateTime', readDateTime, showDateTime),
  Duration: stringScalar('Duration', readDuration, showDurationValue),
  Base64: stringScalar('Base64', readBase64, showBase64),
  PEM: stringScalar('PEM', readPem, asIs),
  SHA256Fingerprint: stringScalar('SHA256Fingerprint', readFingerprint, asIs),
  PCID: stringScalar('PCID', (text) => (parsePcid(text), text), asIs),
  EMAID: stringScalar('EMAID', (text) => (parseEmaid(text), text), asIs),
  WMI: stringScalar('WMI', readWmi, asIs),
  SerialNumber: stringScalar('SerialNumber', readSerialNumber, asIs),
  Cursor: stringScalar('Cursor', readCursor, asIs),
};
