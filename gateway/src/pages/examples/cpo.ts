import { placeholders, type Example } from './example.ts';

/** What a charge point operator asks and does. */
export const cpoExamples: readonly Example[] = [
  {
    party: 'cpo',
    title: 'The V2G roots',
    document: `query TheV2gRoots {
  rootCertificates(first: 20, where: { type: [V2G] }) {
    nodes {
      fingerprint
      certificate {
        subject
        notAfter
        pem
      }
      verdict {
        status
      }
    }
  }
}
`,
  },
  {
    party: 'cpo',
    title: 'Answer a car that asks for a contract',
    document: `mutation AnswerACar($input: RequestCertificateInstallationInput!) {
  requestCertificateInstallation(input: $input) {
    outcome
    reason
    contracts {
      emaid
    }
    certificateInstallationRes
    userErrors {
      code
      message
      path
    }
  }
}
`,
    variables: { input: { certificateInstallationReq: placeholders.installationRequest } },
  },
  {
    party: 'cpo',
    title: 'Listen: the roots',
    document: `subscription TheRoots {
  rootCertificateEvents(fromBeginning: true, markers: true) {
    cursor
    type
    time
    fingerprint
  }
}
`,
  },
];
