import { placeholders, type Example } from './example.ts';

const { newPcid, signedContractData } = placeholders;

/** What a provisioning service of somebody else's asks and does. */
export const cpsExamples: readonly Example[] = [
  {
    party: 'cps',
    title: 'The signers of this ecosystem',
    document: `query TheSigners {
  cpsSigners(first: 20) {
    nodes {
      namespace
      isDefault
      endsAt
      certificate {
        subject
        fingerprint
      }
      rootCertificate {
        fingerprint
      }
    }
  }
}
`,
  },
  {
    party: 'cps',
    title: 'The certificate of a car',
    document: `query TheCertificateOfACar($pcid: PCID!) {
  provisioningCertificate(pcid: $pcid) {
    pcid
    certificate {
      pem
    }
    v2gRootAuthorityKeyIdentifiers
  }
}
`,
    variables: { pcid: newPcid },
  },
  {
    party: 'cps',
    title: 'Publish signed contract data',
    document: `mutation PublishSignedData($input: PublishContractInput!) {
  publishContract(input: $input) {
    contract {
      id
    }
    userErrors {
      code
      message
      path
    }
  }
}
`,
    variables: { input: { pcid: newPcid, signedContractData } },
  },
  {
    party: 'cps',
    title: 'Listen: roots that go',
    document: `subscription RootsThatGo {
  rootCertificateEvents(where: { type: [ROOT_CERT_REMOVED] }, fromBeginning: true, markers: true) {
    cursor
    type
    time
    fingerprint
  }
}
`,
  },
];
