import { stringify } from 'yaml';
import { readContract, type Contract } from '../rest/contract.ts';

/** The parts of an OpenAPI document that say where an installation is. */
interface Placed {
  readonly servers: readonly { readonly url: string; readonly description: string }[];
  readonly components: {
    readonly securitySchemes: { readonly token: { readonly flows: { readonly clientCredentials: object } } };
  };
}

/**
 * The OpenAPI document of what the REST door serves, as JSON and YAML, with the installation in the place of the relative
 * addresses, which many programs that read such a document cannot resolve.
 *
 * @param address the installation's public address, without a slash at its end
 */
export function apiDocument(address: string): { readonly json: string; readonly yaml: string } {
  const contract = readContract() as Contract & Placed;
  const { components } = contract;
  const { token } = components.securitySchemes;
  const document = {
    ...contract,
    servers: [{ url: address, description: 'This installation.' }],
    components: {
      ...components,
      securitySchemes: {
        ...components.securitySchemes,
        token: {
          ...token,
          flows: {
            ...token.flows,
            clientCredentials: { ...token.flows.clientCredentials, tokenUrl: `${address}/oauth/token` },
          },
        },
      },
    },
  };
  return {
    json: JSON.stringify(document),
    // Each use written out again would be as right, and twice as long.
    yaml: stringify(document, { aliasDuplicateObjects: false }),
  };
}
