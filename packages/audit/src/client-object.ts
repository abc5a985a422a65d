/**
 * The object of a refusal about a client whose id somebody merely claims: an id in its form, and not longer than the
 * ones we make, since a secret in the wrong field is; undefined for anything else.
 */
export function claimedClient(clientId: unknown): string | undefined {
  const isId = typeof clientId === 'string' && /^[A-Za-z0-9._-]{1,36}$/.test(clientId);
  return isId ? `Client ${clientId}` : undefined;
}
