import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '@chargegraph/service';
import { contextOf } from '../../graph.fixture.ts';
import type { GraphExecutor } from '../../graph/executor.ts';
import { sendOpcpError, showError } from '../../http/errors.ts';
import { addRestDoor, validatorOptions } from '../door.ts';

const path = '/v1/ccp/signedContractData';
const negative = 'bmVnYXRpdmU=';

describe('POST /v1/ccp/signedContractData', () => {
  const execute = vi.fn<GraphExecutor['execute']>();
  let server: FastifyInstance;

  beforeAll(() => {
    server = fastify({ ajv: validatorOptions });
    server.setErrorHandler((error, request, reply) => sendOpcpError(reply, showError(error), request.id));
    server.addHook('onRequest', (request, _, done) => {
      request.caller = contextOf('CPO').caller;
      done();
    });
    addRestDoor(server, {
      logger: silentLogger,
      executor: { execute } as unknown as GraphExecutor,
      limits: {
        enter: () => ({
          admit: () => Promise.resolve(),
          end: () => Promise.resolve(undefined),
          cost: undefined,
        }),
      },
      refusedWrites: {
        tell: () => undefined,
      },
    });
  });
  afterAll(() => server.close());
  beforeEach(() => execute.mockReset());

  /** What the contract pool answers. */
  const answers = (payload: object) => {
    const empty = { certificateInstallationRes: null, outcome: null, contracts: [], reason: null };
    execute.mockResolvedValue({
      data: { requestCertificateInstallation: { ...empty, userErrors: [], ...payload } },
    });
  };
  const post = async (body: object = {}, headers: Record<string, string> = {}) => {
    const payload = { certificateInstallationReq: 'AAAA', ...body };
    const response = await server.inject({ method: 'POST', url: path, payload, headers });
    return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
  };
  const content = (...messages: object[]) => ({
    CCPResponse: { emaidContent: messages.map((messageDef) => ({ messageDef })) },
  });

  it('gives an entry for each contract, in their order', async () => {
    const contracts = ['A', 'B'].map((each) => ({
      emaid: `DEABC${each}`,
      certificateInstallationRes: `${each}AAA`,
    }));
    answers({ outcome: 'DELIVERED', certificateInstallationRes: 'AAAA', contracts });
    expect(await post()).toEqual({ status: 200, body: content(...contracts) });
  });

  const refusals: [string, number, number, string][] = [
    ['NO_CONTRACT', 404, 404, 'Contract or Vehicle not found.'],
    ['SIGNATURE_ERROR', 200, 400, 'Why.'],
    ['CHAIN_ERROR', 200, 400, 'Why.'],
    ['EXPIRED', 200, 400, 'Why.'],
  ];
  it.each(refusals)('answers %s with %i and the negative EXI, or with %i in JSON', async (...row) => {
    const [outcome, status, jsonStatus, sentence] = row;
    answers({ outcome, certificateInstallationRes: negative, reason: 'Why.' });
    const inExi = { status, body: content({ certificateInstallationRes: negative }) };
    expect(await post()).toEqual(inExi);
    expect(await post({}, { alwaysReturnEXI: 'true' })).toEqual(inExi);
    expect(await post({}, { alwaysReturnEXI: 'False' })).toEqual({
      status: jsonStatus,
      body: { errorMessages: [sentence], traceId: expect.any(String) as string },
    });
  });

  it('answers 400 in JSON when the pool cannot decode it, whatever is asked to be returned', async () => {
    answers({ userErrors: [{ code: 'EXI_INVALID', message: 'EXI format is invalid!' }] });
    for (const headers of [{}, { alwaysReturnEXI: 'true' }, { alwaysReturnEXI: 'false' }]) {
      expect(await post({}, headers)).toMatchObject({
        status: 400,
        body: { errorMessages: ['EXI format is invalid!'] },
      });
    }
  });

  const declarations: [unknown, string | undefined][] = [
    ['urn:iso:15118:2:2013:MsgDef', 'ISO15118_2'],
    ['urn:iso:std:iso:15118:-20:CommonMessages', 'ISO15118_20'],
    ['urn:iso:15118:20:2020:MsgDef', 'ISO15118_20'],
    ['urn:iso:15118:20:2022:MsgDef', 'ISO15118_20'],
    ['urn:iso:15118:3', undefined],
    [20, undefined],
    [undefined, undefined],
  ];
  it.each(declarations)('hands the declaration %s on as %s', async (xsdMsgDefNamespace, namespace) => {
    answers({ outcome: 'NO_CONTRACT', certificateInstallationRes: negative });
    expect((await post({ xsdMsgDefNamespace })).status).toBe(404);
    expect(execute.mock.calls[0]?.[0].variables).toEqual({
      input: { certificateInstallationReq: 'AAAA', namespace },
    });
  });
});
