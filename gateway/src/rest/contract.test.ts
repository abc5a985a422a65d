import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '@chargegraph/service';
import { contractOf, operationsOf, readContract } from './contract.ts';
import { addRestDoor, validatorOptions } from './door.ts';
import { handlers } from './handlers.ts';
import type { AskDeps } from './ask.ts';
import type { Handlers } from './operation.ts';

const idsOf = (contract: ReturnType<typeof readContract>) =>
  operationsOf(contract).map(({ operation }) => operation.operationId);

describe('the contract of the REST door', () => {
  it('shows what is served and nothing else', () => {
    const shown = idsOf(readContract()).filter((id) => id !== 'issueToken');
    expect(shown.sort()).toEqual(Object.keys(handlers).sort());
  });

  it('keeps the server from starting when an operation has no handler or a handler no operation', () => {
    const server = fastify({ ajv: validatorOptions });
    const deps = { logger: silentLogger } as unknown as AskDeps & { logger: typeof silentLogger };
    const { lookupVehicle, ...served } = handlers as Handlers & Required<Pick<Handlers, 'lookupVehicle'>>;
    expect(() => addRestDoor(server, deps, { served })).toThrow(/no handler serves lookupVehicle/);
    const contract = contractOf(readContract(), ({ operationId }) => operationId !== 'getRootCert');
    expect(() => addRestDoor(server, deps, { contract })).toThrow(/no operation for the handler getRootCert/);
    expect(lookupVehicle).toBeDefined();
  });
});
