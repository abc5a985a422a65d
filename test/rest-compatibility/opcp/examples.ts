import { beforeAll, describe, expect, it } from 'vitest';
import type { DemoClient } from '@chargegraph/cli';
import { createValidator, type Operation } from '../opcp-document.ts';
import type { Scene } from '../scene.ts';
import type { Received } from '../wire.ts';
import { exampleNames, readCalls, referenceFolder, type ExampleBody, type OpcpCall } from './reference.ts';
import { answersOf, differences } from './answers.ts';
import { sentencesOf } from './sentences.ts';

/** Who may call what. */
const callers: Readonly<Record<string, DemoClient>> = {
  saveRootCert: 'demo-operator',
  deleteRootCert: 'demo-operator',
  addOEMProvCert: 'demo-oem',
  deleteOEMProvCert: 'demo-oem',
  getOEMProvCert: 'demo-mo',
  lookupVehicle: 'demo-mo',
  signContractData: 'demo-mo',
  createAndForwardSignedContractData: 'demo-mo',
  createSignedContractData: 'demo-mo',
  generateSignedContractData: 'demo-mo',
  addSignedContractData: 'demo-cps',
  deleteSignedContractData: 'demo-mo',
  provideSignedContractData: 'demo-oem',
  setDefaultContract: 'demo-oem',
  getContracts: 'demo-oem',
  lookupContract: 'demo-mo',
};

/** Answers to the examples that OPCP does not document for the operation; docs/rest-compatibility.md says each. */
const besides: Readonly<Record<string, readonly number[]>> = {
  // The contract is not that car's.
  setDefaultContract: [404],
  // Of another content type than JSON.
  generateSignedContractData: [415],
};

/** A path without the names of its parameters, which are not the same. */
const shape = (path: string): string => path.replace(/\{[^}]*\}/g, '{}');

/** OPCP's documents, read where `OPCP_REFERENCE` says they are. */
export function sendOpcpExamples(scene: () => Scene): void {
  describe.skipIf(referenceFolder === undefined)('OPCP’s documents', () => {
    const folder = referenceFolder ?? '';
    let calls: readonly (readonly [OpcpCall, Operation])[] = [];
    const validate = createValidator();

    beforeAll(() => {
      const ours = new Map(scene().operations.map((each) => [`${each.method} ${shape(each.path)}`, each]));
      calls = readCalls(folder).map((call) => {
        const operation = ours.get(`${call.method} ${shape(call.path)}`);
        if (operation === undefined) throw new Error(`${call.method} ${call.path} is not served.`);
        return [call, operation] as const;
      });
    });

    /** The address with the names and parameters of OPCP's examples. */
    function targetOf({ path, parameters }: OpcpCall): string {
      const named = path.replace(/\{([^}]*)\}/g, (_, name: string) =>
        encodeURIComponent(exampleNames(folder, name)),
      );
      const query = parameters.filter((each) => each.in === 'query' && each.example !== undefined);
      const search = new URLSearchParams(
        query.map(({ name, example }): [string, string] => [name, String(example)]),
      );
      return search.size === 0 ? named : `${named}?${search.toString()}`;
    }

    async function send(call: OpcpCall, operation: Operation, body?: ExampleBody): Promise<Received> {
      const headers = call.parameters
        .filter((each) => each.in === 'header' && each.example !== undefined)
        .map(({ name, example }) => [name, String(example)] as const);
      const client = callers[operation.operationId] ?? 'demo-cpo';
      const authorization = ['authorization', `Bearer ${scene().token(client)}`] as const;
      const json = body?.contentType === 'application/json' ? JSON.stringify(body.value) : undefined;
      return await scene().send({
        method: call.method,
        target: targetOf(call),
        headers: [
          ['host', ''],
          ...(operation.withToken ? [authorization] : []),
          ...headers,
          ...(body === undefined
            ? []
            : ([
                ['content-type', body.contentType],
                ['content-length', ''],
              ] as const)),
        ],
        body: body && (json ?? new URLSearchParams(body.value as Record<string, string>).toString()),
      });
    }

    it('name no operation of the pools and of the token that is not served', () => {
      expect(calls.length).toBeGreaterThan(20);
    });

    it('have bodies that are taken as ours are documented', () => {
      for (const [call, { operationId, body }] of calls) {
        for (const { name, contentType, value } of call.bodies) {
          if (contentType === 'application/json')
            expect({ operationId, name, fault: validate(body ?? {}, value) }).toEqual({ operationId, name });
        }
      }
    });

    it('have examples that are answered with a status that they name, in a form that is documented', async () => {
      let sent = 0;
      for (const [call, operation] of calls) {
        const { operationId } = operation;
        for (const body of call.bodies.length === 0 ? [undefined] : call.bodies) {
          const answer = await send(call, operation, body);
          const example = { operationId, body: body?.name, type: body?.contentType };
          expect({ ...example, fault: scene().fault(operationId, answer) }).toEqual(example);
          // Where OPCP names no refusal at all, any that is ours.
          const known = call.statuses.includes(String(answer.status));
          const unsaid = call.statuses.every((status) => status.startsWith('2')) && answer.status < 500;
          const other = besides[operationId]?.includes(answer.status) === true;
          expect({ ...example, status: answer.status, known: known || unsaid || other }).toMatchObject({
            known: true,
          });
          sent++;
        }
      }
      expect(sent).toBeGreaterThan(25);
    });

    it('have forms of answers that ours fit, but for what is said to differ', async () => {
      const answered = await answersOf(scene());
      const differing = answered.flatMap(([operationId, { status, json }]) => {
        const call = calls.find(([, operation]) => operation.operationId === operationId)?.[0];
        const schema = call?.answers[String(status)];
        if (schema === undefined) return [`OPCP has no ${status} of ${operationId}.`];
        return differences(schema, json).map((difference) => `${operationId} ${status} ${difference}`);
      });
      expect(differing).toEqual([]);
    });

    it('have sentences that are ours, each of the operation that they stand at', async () => {
      for (const [{ sentences }, { operationId }] of calls) {
        if (sentences.length === 0) continue;
        const said = await sentencesOf(scene(), operationId);
        expect({ operationId, said }).toEqual({ operationId, said: expect.arrayContaining([...sentences]) });
      }
    });
  });
}
