import { placeholders, type Example } from './example.ts';

const { pcid, newPcid, emaid, newEmaid, contractBegins, contractEnds } = placeholders;
const { contractCertificate, moSubCa1, moSubCa2, encryptedPrivateKey, dhPublicKey } = placeholders;

/** What a mobility operator asks and does. */
export const moExamples: readonly Example[] = [
  {
    party: 'mo',
    title: 'Look a car up',
    document: `query LookACarUp($pcid: PCID!) {
  provisioningCertificate(pcid: $pcid) {
    pcid
    certificate {
      pem
    }
    v2gRootAuthorityKeyIdentifiers
    verdict {
      status
      reasons
    }
  }
}
`,
    variables: { pcid },
  },
  {
    party: 'mo',
    title: 'My contracts',
    document: `query MyContracts {
  contracts(first: 20) {
    totalCount
    nodes {
      emaid
      pcid
      isDefault
      endsAt
      signedData {
        namespace
        verdict {
          status
        }
      }
    }
  }
}
`,
  },
  {
    party: 'mo',
    title: 'Have contract data signed',
    document: `mutation HaveContractDataSigned($input: SignContractDataInput!) {
  signContractData(input: $input) {
    emaid
    signedContractData
    contract {
      pcid
      isDefault
    }
    warnings
    userErrors {
      code
      message
      path
    }
  }
}
`,
    variables: {
      input: {
        contractCertificate,
        subCaCertificates: [moSubCa2, moSubCa1],
        encryptedPrivateKey,
        dhPublicKey,
        pcid,
      },
    },
  },
  {
    party: 'mo',
    title: 'Have a contract made',
    document: `mutation HaveAContractMade($input: GenerateContractDataInput!) {
  generateContractData(input: $input) {
    emaid
    contract {
      pcid
      endsAt
    }
    userErrors {
      code
      message
      path
    }
  }
}
`,
    variables: { input: { pcid: newPcid, emaid: newEmaid, contractBegins, contractEnds } },
  },
  {
    party: 'mo',
    title: 'Delete a contract',
    document: `mutation DeleteAContract($input: DeleteContractInput!) {
  deleteContract(input: $input) {
    deletedEmaid
    userErrors {
      code
      message
      path
    }
  }
}
`,
    variables: { input: { emaid } },
  },
  {
    party: 'mo',
    title: 'Listen: my contracts',
    document: `subscription MyContractEvents {
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
