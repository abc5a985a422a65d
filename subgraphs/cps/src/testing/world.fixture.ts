import { expect } from 'vitest';
import {
  createDemoPki,
  issueProvisioningCertificate,
  type DemoPki,
  type IssuedCertificate,
} from '@chargegraph/pki';
import type { Caller } from '@chargegraph/identity';
import {
  addCpsSigner,
  callerWith,
  operator,
  signerInput,
  start,
  startHarness,
  type Harness,
  type SignerChain,
} from './harness.fixture.ts';
import { contractInput, signContractData, type SignInput, type SignResult } from './signing.fixture.ts';

export const mo = callerWith(['MO_EXTERNAL_PKI'], ['DEABC']);
export const emaid = 'DEABC000000001';
export const pcid = 'WCGDEMO1234567890';

/** A CPS with a signer, the roots of two PKIs, a car, and contract data of {@link mo} for it. */
export interface World {
  readonly harness: Harness;
  readonly pki: DemoPki;
  readonly otherPki: DemoPki;
  readonly car: IssuedCertificate;
  readonly input: SignInput;
  /** Empties everything and sets it up again: both V2G roots, MO and OEM root, the car, the first PKI's signer. */
  reset(): Promise<void>;
  /** Adds a signer, to be the default if it is asked for. */
  addSigner(chain: SignerChain, makeDefault?: boolean, namespace?: string): Promise<void>;
  /** Signs without a GraphQL error. */
  sign(variables: object, caller?: Caller): Promise<SignResult>;
  /** Signs without any error and gives the octets in base64. */
  signed(variables: object): Promise<{ octets: string; result: SignResult }>;
  /** What was signed and kept. */
  stored(): Promise<{ exi: Buffer }[]>;
  /** That nothing was signed, kept or published. */
  expectNothingSigned(): Promise<void>;
  /** That this is refused with one user error, and nothing was signed, kept or published. */
  expectRefusal(variables: object, code: string, field: string | null, message?: string): Promise<void>;
}

/** Makes it; `reset` before each test. */
export async function startWorld(
  options?: Parameters<typeof startHarness>[0],
  pkiOptions: { readonly ocspUrl?: string } = {},
): Promise<World> {
  const [harness, pki, otherPki] = await Promise.all([
    startHarness(options),
    createDemoPki({ now: start, ...pkiOptions }),
    createDemoPki({ now: start, ...pkiOptions }),
  ]);
  const car = await issueProvisioningCertificate(pki, { pcid });
  const input = await contractInput(pki, { emaid, oemPublicKey: car.certificate.publicKey });

  const addSigner = async (chain: SignerChain, makeDefault = false, namespace = 'ISO15118_2') => {
    const variables = { input: { ...(await signerInput(harness, chain)), makeDefault, namespace } };
    const { data, errors } = await harness.run(operator, addCpsSigner, variables);
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ addCpsSigner: { userErrors: [] } });
  };

  const sign = async (variables: object, caller = mo) => {
    const response = await harness.run(caller, signContractData, { input: variables });
    expect(response.errors).toBeUndefined();
    return response.data?.['signContractData'] as SignResult;
  };

  const stored = () => harness.database.query<{ exi: Buffer }>('SELECT * FROM signing_result');

  const expectNothingSigned = async () => {
    expect(await stored()).toEqual([]);
    expect(harness.pools.publications).toEqual([]);
  };

  return {
    harness,
    pki,
    otherPki,
    car,
    input,
    addSigner,
    sign,
    stored,
    expectNothingSigned,

    reset: async () => {
      await harness.reset();
      harness.pools.roots.push(
        { type: 'V2G', certificate: pki.v2gRoot.certificate },
        { type: 'V2G', certificate: otherPki.v2gRoot.certificate },
        { type: 'MO', certificate: pki.moRoot.certificate },
        { type: 'OEM', certificate: pki.oemRoot.certificate },
      );
      harness.pools.cars.set(pcid, { certificate: car.certificate, installedRoots: [] });
      await addSigner(pki.cps);
      harness.pools.calls.length = 0;
    },

    signed: async (variables) => {
      const result = await sign(variables);
      expect(result.userErrors).toEqual([]);
      return { octets: result.signedContractData ?? '', result };
    },

    expectRefusal: async (variables, code, field, message) => {
      const { userErrors, ...rest } = await sign(variables);
      const path = field === null ? null : ['input', field];
      expect(userErrors).toMatchObject([{ code, path, ...(message !== undefined && { message }) }]);
      expect(rest).toEqual({
        signedContractData: null,
        emaid: null,
        cpsSigner: null,
        contract: null,
        warnings: [],
      });
      await expectNothingSigned();
    },
  };
}
