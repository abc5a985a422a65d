import { placeholders, type Example } from './example.ts';

const { pcid, emaid, vehicleCertificate, oemSubCa1, oemSubCa2 } = placeholders;

/** What a car maker asks and does. */
export const oemExamples: readonly Example[] = [
  {
    party: 'oem',
    title: 'My cars',
    document: `query MyCars {
  provisioningCertificates(first: 20) {
    totalCount
    nodes {
      pcid
      namespace
      certificate {
        notAfter
      }
      rootCertificate {
        type
        fingerprint
      }
      verdict {
        status
        reasons
      }
    }
  }
}
`,
  },
  {
    party: 'oem',
    title: 'A car with its contracts',
    document: `query ACar($pcid: PCID!) {
  provisioningCertificate(pcid: $pcid) {
    pcid
    verdict {
      status
    }
    contracts(first: 10) {
      totalCount
      nodes {
        emaid
        isDefault
        endsAt
      }
    }
  }
}
`,
    variables: { pcid },
  },
  {
    party: 'oem',
    title: 'Publish a car',
    document: `mutation PublishACar($input: PublishProvisioningCertificateInput!) {
  publishProvisioningCertificate(input: $input) {
    provisioningCertificate {
      pcid
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
    variables: {
      input: { vehicleCertificate, subCa1Certificate: oemSubCa1, subCa2Certificate: oemSubCa2 },
    },
  },
  {
    party: 'oem',
    title: 'Choose the contract a car is given',
    document: `mutation ChooseTheDefault($input: SetDefaultContractInput!) {
  setDefaultContract(input: $input) {
    contract {
      emaid
      isDefault
    }
    userErrors {
      code
      message
      path
    }
  }
}
`,
    variables: { input: { pcid, emaid } },
  },
  {
    party: 'oem',
    title: 'Fetch a contract for a car',
    document: `mutation FetchAContract($input: ProvideContractInput!) {
  provideContract(input: $input) {
    certificateInstallationRes
    signedData {
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
    variables: { input: { pcid, emaid } },
  },
  {
    party: 'oem',
    title: 'Listen: contracts of my cars',
    document: `subscription ContractsOfMyCars {
  contractEvents(fromBeginning: true, markers: true) {
    cursor
    type
    time
    pcid
    emaid
    contract {
      isDefault
      endsAt
    }
  }
}
`,
  },
  {
    party: 'oem',
    title: 'Listen: certificates of my cars',
    document: `subscription CertificatesOfMyCars {
  provisioningCertificateEvents(fromBeginning: true, markers: true) {
    cursor
    type
    time
    pcid
  }
}
`,
  },
];
