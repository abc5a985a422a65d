import { check } from './check.ts';
import type { Doors } from './doors.ts';

/** What the demo's parties send, and what they read of the answers. */
type Payload<T> = T & { readonly userErrors: readonly { readonly message: string }[] };

export const addRoot = /* GraphQL */ `
  mutation AddRoot($input: AddRootCertificateInput!) {
    addRootCertificate(input: $input) {
      rootCertificate {
        type
      }
      userErrors {
        message
      }
    }
  }
`;
export interface AddRoot {
  readonly addRootCertificate: Payload<{ readonly rootCertificate: { readonly type: string } | null }>;
}

export const addSigner = /* GraphQL */ `
  mutation AddSigner($input: AddCpsSignerInput!) {
    addCpsSigner(input: $input) {
      cpsSigner {
        isDefault
      }
      userErrors {
        message
      }
    }
  }
`;
export interface AddSigner {
  readonly addCpsSigner: Payload<{ readonly cpsSigner: { readonly isDefault: boolean } | null }>;
}

export const addContractCa = /* GraphQL */ `
  mutation AddContractCa($input: AddContractCaInput!) {
    addContractCa(input: $input) {
      contractCa {
        namespace
      }
      userErrors {
        message
      }
    }
  }
`;
export interface AddContractCa {
  readonly addContractCa: Payload<{ readonly contractCa: { readonly namespace: string } | null }>;
}

export const publishCar = /* GraphQL */ `
  mutation PublishCar($input: PublishProvisioningCertificateInput!) {
    publishProvisioningCertificate(input: $input) {
      provisioningCertificate {
        pcid
        rootCertificate {
          type
        }
      }
      userErrors {
        message
      }
    }
  }
`;
export interface PublishCar {
  readonly publishProvisioningCertificate: Payload<{
    readonly provisioningCertificate: {
      readonly pcid: string;
      readonly rootCertificate: { readonly type: string } | null;
    } | null;
  }>;
}

export const sign = /* GraphQL */ `
  mutation Sign($input: SignContractDataInput!) {
    signContractData(input: $input) {
      signedContractData
      emaid
      contract {
        pcid
        isDefault
      }
      userErrors {
        message
      }
    }
  }
`;
export interface Sign {
  readonly signContractData: Payload<{
    readonly signedContractData: string | null;
    readonly emaid: string | null;
    readonly contract: { readonly pcid: string; readonly isDefault: boolean } | null;
  }>;
}

export const generate = /* GraphQL */ `
  mutation Generate($input: GenerateContractDataInput!) {
    generateContractData(input: $input) {
      contract {
        emaid
      }
      userErrors {
        message
      }
    }
  }
`;
export interface Generate {
  readonly generateContractData: Payload<{ readonly contract: { readonly emaid: string } | null }>;
}

export const update = /* GraphQL */ `
  mutation Update($input: UpdateContractInput!) {
    updateContract(input: $input) {
      contract {
        emaid
      }
      userErrors {
        message
      }
    }
  }
`;
export interface Update {
  readonly updateContract: Payload<{ readonly contract: { readonly emaid: string } | null }>;
}

export const remove = /* GraphQL */ `
  mutation Delete($input: DeleteContractInput!) {
    deleteContract(input: $input) {
      deletedEmaid
      userErrors {
        message
      }
    }
  }
`;
export interface Delete {
  readonly deleteContract: Payload<{ readonly deletedEmaid: string | null }>;
}

interface InstallationBody {
  readonly CCPResponse?: {
    readonly emaidContent: readonly {
      readonly messageDef: { readonly certificateInstallationRes: string; readonly emaid?: string };
    }[];
  };
}

/** `POST /v1/ccp/signedContractData`, as a CPO backend sends a car's request. */
export async function requestInstallation(
  cpo: Doors,
  exi: Uint8Array,
  namespace = 'urn:iso:15118:2:2013:MsgDef',
): Promise<{ status: number; exi: Uint8Array; emaid: string | undefined }> {
  const { status, body } = await cpo.rest('POST', '/v1/ccp/signedContractData', {
    certificateInstallationReq: Buffer.from(exi).toString('base64'),
    xsdMsgDefNamespace: namespace,
  });
  const content = (body as InstallationBody).CCPResponse?.emaidContent;
  check(content?.length === 1, `the answer (HTTP ${status}) has one response: ${JSON.stringify(body)}`);
  const message = content[0]?.messageDef;
  check(message !== undefined, 'the response has a message');
  return {
    status,
    exi: Buffer.from(message.certificateInstallationRes, 'base64'),
    emaid: message.emaid,
  };
}
