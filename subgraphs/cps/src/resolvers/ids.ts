import { readGlobalId } from '@chargegraph/graph';
import type { Namespace, SignerKey } from '../domain/signer.ts';

const namespaces: ReadonlySet<string> = new Set<Namespace>(['ISO15118_2', 'ISO15118_20']);
const isNamespace = (name: string): name is Namespace => namespaces.has(name);

/** What a global id of a signer or CA names; undefined when it is none. */
export function keyOfId(type: 'CpsSigner' | 'ContractCa', id: string): SignerKey | undefined {
  const [fingerprint = '', namespace = ''] = readGlobalId(type, id, 2) ?? [];
  return isNamespace(namespace) ? { fingerprint, namespace } : undefined;
}
