import { placeholders, type Example } from './example.ts';

/** What the ecosystem's operator asks and does. */
export const operatorExamples: readonly Example[] = [
  {
    party: 'operator',
    title: 'What ends, in all pools',
    document: `query WhatEnds {
  rootPoolExpiry {
    ...counts
  }
  provisioningPoolExpiry {
    ...counts
  }
  contractPoolExpiry {
    ...counts
  }
  signingServiceExpiry {
    ...counts
  }
}

fragment counts on PoolExpiry {
  pool
  kinds {
    kind
    total
    ended
    within {
      duration
      count
    }
  }
}
`,
  },
  {
    party: 'operator',
    title: 'From a contract to the roots',
    document: `query FromAContractToTheRoots {
  contracts(first: 5) {
    nodes {
      emaid
      provisioningCertificate {
        pcid
        rootCertificate {
          type
          fingerprint
        }
      }
      signedData {
        namespace
        v2gRoot {
          fingerprint
        }
      }
    }
  }
}
`,
  },
  {
    party: 'operator',
    title: 'Clients, and who wrote what',
    document: `query ClientsAndWrites {
  clients(first: 20) {
    nodes {
      clientId
      organisation
      roles
      enabled
    }
  }
  contractPoolAudit(first: 5) {
    nodes {
      occurredAt
      clientId
      action
      object
      outcome
    }
  }
}
`,
  },
  {
    party: 'operator',
    title: 'Add a root',
    document: `mutation AddARoot($input: AddRootCertificateInput!) {
  addRootCertificate(input: $input) {
    rootCertificate {
      fingerprint
      type
      verdict {
        status
        reasons
      }
    }
    userErrors {
      code
      message
      path
    }
  }
}
`,
    variables: { input: { type: 'OEM', certificate: placeholders.rootCertificate } },
  },
  {
    party: 'operator',
    title: 'Let a partner in',
    document: `mutation LetAPartnerIn($input: AddClientInput!) {
  addClient(input: $input) {
    client {
      clientId
      roles
    }
    clientSecret
    userErrors {
      code
      message
      path
    }
  }
}
`,
    variables: { input: { name: 'A charge point operator', organisation: 'Example CPO', roles: ['CPO'] } },
  },
  {
    party: 'operator',
    title: 'Listen: what I am told',
    document: `subscription WhatIAmTold {
  operatorEvents(fromBeginning: true, markers: true) {
    cursor
    type
    time
    day
    urgent {
      kind
      subject
      endsAt
    }
  }
}
`,
  },
  {
    party: 'operator',
    title: 'Listen: all contracts',
    document: `subscription AllContracts {
  contractEvents(fromBeginning: true, markers: true) {
    cursor
    type
    time
    emaid
    pcid
  }
}
`,
  },
];
