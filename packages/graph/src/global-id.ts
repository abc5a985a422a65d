/**
 * A type that has global ids. They are made of natural keys, so that any pool can name another pool's entity without
 * asking for it, and opaque to clients.
 */
export type EntityType =
  'RootCertificate' | 'ProvisioningCertificate' | 'CpsSigner' | 'ContractCa' | 'Contract' | 'Client';

/**
 * Makes the global id of an entity.
 *
 * @param key RootCertificate: fingerprint · ProvisioningCertificate: namespace and upper-case PCID · CpsSigner, ContractCa:
 *   fingerprint and namespace · Contract: the EMAID's identity form · Client: client id
 */
export function globalId(type: EntityType, ...key: readonly string[]): string {
  return Buffer.from([type, ...key].join(':')).toString('base64url');
}

/** Reads a global id back; undefined when it is not one of `type` with `parts` key values. */
export function readGlobalId(type: EntityType, id: string, parts = 1): readonly string[] | undefined {
  if (id.length > 500) return undefined;
  const [found, ...key] = Buffer.from(id, 'base64url').toString().split(':');
  return found === type && key.length === parts && globalId(type, ...key) === id ? key : undefined;
}
