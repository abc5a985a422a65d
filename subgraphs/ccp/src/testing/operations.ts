const userErrors = 'userErrors { message path code }';

export const publish = `
  mutation ($input: PublishContractInput!) {
    publishContract(input: $input) {
      contract { id emaid pcid providerId isDefault createdAt updatedAt }
      ${userErrors}
    }
  }`;

export const update = `
  mutation ($input: UpdateContractInput!) {
    updateContract(input: $input) {
      contract { id emaid pcid isDefault createdAt updatedAt }
      ${userErrors}
    }
  }`;

export const remove = `
  mutation ($input: DeleteContractInput!) {
    deleteContract(input: $input) { deletedEmaid ${userErrors} }
  }`;

export const install = `
  mutation ($input: RequestCertificateInstallationInput!) {
    requestCertificateInstallation(input: $input) {
      certificateInstallationRes outcome emaid reason
      contracts { emaid certificateInstallationRes remaining }
      ${userErrors}
    }
  }`;

export const readContract = `
  query ($emaid: EMAID!) {
    contract(emaid: $emaid) {
      id emaid pcid providerId isDefault createdAt updatedAt
      provisioningCertificate { id }
      signedData {
        namespace storedAt exi
        v2gRoot { id }
        contractCertificate { fingerprint subject }
        subCaCertificates { fingerprint }
        cpsCertificate { fingerprint }
        verdict { status reasons source checkedAt }
      }
    }
  }`;

export const carContracts = `
  query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    _entities(representations: [{ __typename: "ProvisioningCertificate", id: $id }]) {
      ... on ProvisioningCertificate {
        contracts(first: $first, after: $after, last: $last, before: $before) {
          nodes { emaid }
          edges { cursor }
          pageInfo { hasNextPage hasPreviousPage }
          totalCount
        }
      }
    }
  }`;

export const eventLog = `
  query ($after: Cursor, $first: Int!) {
    contractEventLog(after: $after, first: $first) {
      head
      events { id cursor type time emaid pcid namespaces contract { emaid } provisioningCertificate { id } }
    }
  }`;

export const oneEvent = `
  query ($cursor: Cursor!) {
    contractEvent(cursor: $cursor) { id cursor type emaid pcid namespaces contract { emaid } }
  }`;
