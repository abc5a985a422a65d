import { hasAnyRole } from '@chargegraph/identity';
import { ChargeGraphError } from '@chargegraph/service';
import {
  ContractGenerationsDocument,
  DeleteContractDocument,
  HeldContractDocument,
  ListContractsDocument,
  ProvideContractDocument,
  PublishContractDocument,
  SetDefaultContractDocument,
  type Namespace,
} from '../../../generated/operations.ts';
import { allPages } from '../all-pages.ts';
import { base64Text } from '../base64-text.ts';
import { optionalText } from '../certificates/certificate-text.ts';
import { isHeader } from '../headers.ts';
import { requireIdentifier } from '../identifiers.ts';
import { namedNamespace, opcpNamespace } from '../namespaces.ts';
import type { Ask, Handlers } from '../operation.ts';
import { rootFingerprint } from '../root-certificates/find-root.ts';
import { certificateInstallation } from './certificate-installation.ts';
import { generations, ofOneGeneration, opcpContracts } from './contract.ts';

/** CCP: the contracts. */
export const contracts = {
  ...certificateInstallation,

  addSignedContractData: async ({ body, ask }) => {
    // What the data is of, it says itself: as for a car's request, a declaration may be wrong, but not nonsense.
    namedNamespace(body.xsdMsgDefNamespace);
    await ask(PublishContractDocument, {
      input: {
        signedContractData: readSignedData(body.signedContractDataXML),
        pcid: body.pcid,
        emaid: body.emaid,
        v2gRoot: await rootFingerprint(ask, body.cpsV2GRootCertificateFingerprint),
      },
    });
    return { status: 201, body: {} };
  },

  deleteSignedContractData: async ({ params, query, headers, ask }) => {
    if (optionalText(query.cpsV2GRootCertificateFingerprint) !== undefined) {
      throw new ChargeGraphError(
        'BAD_INPUT',
        'cpsV2GRootCertificateFingerprint : a contract is deleted under all V2G roots',
      );
    }
    const emaid = requireIdentifier('emaid', params.emaidOrPcid);
    const namespace = namedNamespace(query.xsdMsgDefNamespace);
    const skipRevocation = isHeader(headers['x-skip-revocation'], 'true');
    await ask(DeleteContractDocument, { input: { emaid, namespace, skipRevocation } });
    return { status: 200, body: {} };
  },

  getContracts: async ({ params, query, caller, ask }) => {
    // The graph lists a mobility operator its own of any car; OPCP has this for car makers.
    if (!hasAnyRole(caller, ['OEM', 'OPERATOR'])) {
      throw new ChargeGraphError('FORBIDDEN', "None of your roles may list a car's contracts.");
    }
    const pcid = requireIdentifier('pcid', params.emaidOrPcid);
    const namespace = namedNamespace(query.xsdMsgDefNamespace);
    const found = await allPages(async (after) => {
      return (await ask(ListContractsDocument, { pcid, namespace, after })).contracts;
    });
    const meant = namespace === undefined ? found.map(ofOneGeneration) : found;
    return { status: 200, body: { XMLContracts: meant.flatMap(opcpContracts) } };
  },

  lookupContract: async ({ params, query, ask }) => {
    const namespace = namedNamespace(query.xsdMsgDefNamespace);
    const v2gRoot = await rootFingerprint(ask, query.cpsV2GRootCertificateFingerprint);
    const { contract } = await ask(HeldContractDocument, { emaid: params.emaid, namespace, v2gRoot });
    if (contract == null) {
      throw new ChargeGraphError('NOT_FOUND', 'The contract for the given EMAID not found.');
    }
    const meant = namespace === undefined ? ofOneGeneration(contract) : contract;
    return { status: 200, body: { XMLContracts: opcpContracts(meant) } };
  },

  provideSignedContractData: async ({ params: { emaid, pcid }, query, ask }) => {
    const [first = 'ISO15118_2'] = await generationsOf(ask, emaid, query.xsdMsgDefNamespace);
    const { provideContract } = await ask(ProvideContractDocument, {
      input: {
        emaid,
        pcid,
        namespace: first,
        v2gRoot: await rootFingerprint(ask, query.cpsV2GRootCertificateFingerprint),
        sessionId: optionalText(query.sessionID)?.trim() ?? '00',
      },
    });
    const { certificateInstallationRes, signedData } = provideContract;
    if (certificateInstallationRes == null || signedData == null)
      throw new Error('A provided contract is not there.');
    const root = signedData.v2gRoot?.fingerprint;
    return {
      status: 200,
      body: {
        certificateInstallationRes,
        xsdMsgDefNamespace: opcpNamespace[signedData.namespace],
        ...(root !== undefined && { cpsV2GRootCertificateFingerprint: root }),
      },
    };
  },

  setDefaultContract: async ({ params: { emaid, pcid }, query, ask }) => {
    for (const namespace of await generationsOf(ask, emaid, query.xsdMsgDefNamespace))
      await ask(SetDefaultContractDocument, { input: { emaid, pcid, namespace } });
    return { status: 200, body: {} };
  },
} satisfies Handlers;

/** The generation that is named, or else those that the contract has data of; never none, so that the pool is asked. */
async function generationsOf(
  ask: Ask,
  emaid: string,
  named: string | undefined,
): Promise<readonly Namespace[]> {
  const namespace = namedNamespace(named);
  if (namespace !== undefined) return [namespace];
  const { contract } = await ask(ContractGenerationsDocument, { emaid });
  const held = generations.filter((each) => contract?.signedData.some((data) => data.namespace === each));
  return held.length > 0 ? held : ['ISO15118_2'];
}

/** @throws ChargeGraphError BAD_INPUT for what is not base64 */
function readSignedData(text: string): string {
  const octets = base64Text(text);
  if (octets !== undefined) return octets;
  throw new ChargeGraphError('BAD_INPUT', 'signedContractDataXML : must be base64');
}
