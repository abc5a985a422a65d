import { claimedClient } from '@chargegraph/audit';
import { parseEmaid, parsePcid } from '@chargegraph/iso15118';
import { parseCertificate, type Certificate } from '@chargegraph/pki';
import { scalarResolvers } from './scalars.ts';

type Input = Readonly<Record<string, unknown>>;

/** Types of things whose mutations name them by a certificate or its fingerprint. */
const namedByFingerprint = ['RootCertificate', 'CpsSigner'] as const;

/**
 * The thing that a mutation's input names, in the form in which a write of it is recorded, e.g.
 * `Contract DEEMPC00000001`; empty when it names none that is known here. Nothing of the input gets into it but
 * identifiers that have their form, and what a certificate is identified by.
 */
export function objectOfInput(field: string, args: Input): string {
  const input = isInput(args['input']) ? args['input'] : args;
  for (const look of [contract, provisioningCertificate, client, globallyNamed, byFingerprint]) {
    const found = look(input, field);
    if (found !== undefined) return found;
  }
  return '';
}

const isInput = (value: unknown): value is Input => typeof value === 'object' && value !== null;

/** What `read` makes of a text; undefined for what it refuses, and for what is no text. */
function read<T>(value: unknown, how: (text: string) => T): T | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    return how(value);
  } catch {
    return undefined;
  }
}

const certificate = (value: unknown): Certificate | undefined => read(value, parseCertificate);

function contract({ emaid, contractCertificate }: Input): string | undefined {
  const key = read(emaid, parseEmaid) ?? read(certificate(contractCertificate)?.commonName, parseEmaid);
  return key === undefined ? undefined : `Contract ${key}`;
}

function provisioningCertificate({ pcid, vehicleCertificate }: Input): string | undefined {
  const key = read(pcid, parsePcid) ?? read(certificate(vehicleCertificate)?.commonName, parsePcid);
  return key === undefined ? undefined : `ProvisioningCertificate ${key}`;
}

const client = ({ clientId }: Input): string | undefined => claimedClient(clientId);

/** A global id is a type and its natural key. */
function globallyNamed({ id }: Input): string | undefined {
  if (typeof id !== 'string' || id.length > 500) return undefined;
  const text = Buffer.from(id, 'base64url').toString();
  return /^[A-Z][A-Za-z]{1,39}(?::[A-Za-z0-9_]{1,64}){1,2}$/.test(text)
    ? text.replaceAll(':', ' ')
    : undefined;
}

/** In the spelling in which it is stored, of whatever the schema's scalar takes. */
const fingerprintOf = (text: string): string => scalarResolvers.SHA256Fingerprint.parseValue(text);

function byFingerprint(input: Input, field: string): string | undefined {
  const key = read(input['fingerprint'], fingerprintOf) ?? certificate(input['certificate'])?.fingerprint;
  const type = namedByFingerprint.find((name) => field.endsWith(name)) ?? 'Certificate';
  return key === undefined ? undefined : `${type} ${key}`;
}
