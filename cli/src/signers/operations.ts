const signer = `id namespace isDefault addedAt endsAt retiredAt retirementReason
  certificate { fingerprint subject notBefore notAfter }
  rootCertificate { id }
  verdict { status reasons }
  resigning { open refused lastRefusal }`;

/** `addCpsSigner` with what the command prints. */
export const addMutation = `mutation AddSigner($input: AddCpsSignerInput!) {
  addCpsSigner(input: $input) { cpsSigner { ${signer} } userErrors { message path } }
}`;

/** `retireCpsSigner` with what the command prints. */
export const retireMutation = `mutation RetireSigner($input: RetireCpsSignerInput!) {
  retireCpsSigner(input: $input) { cpsSigner { ${signer} } userErrors { message path } }
}`;

/** A page of the signers. */
export const listQuery = `query ListSigners($after: String) {
  cpsSigners(first: 100, after: $after) { nodes { ${signer} } pageInfo { hasNextPage endCursor } }
}`;

/** What came of one of the mutations. */
export interface SignerPayload {
  readonly cpsSigner: object | null;
  readonly userErrors: readonly { readonly message: string; readonly path: readonly string[] | null }[];
}

/** What {@link listQuery} answers. */
export interface SignerPage {
  readonly cpsSigners: {
    readonly nodes: readonly object[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}
