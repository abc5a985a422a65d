import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWriteTrail, type WriteSeen } from '@chargegraph/audit/testing';
import { createDatabase, migrate, type Database } from '@chargegraph/database';
import { createTestDatabase, emptyTables } from '@chargegraph/database/testing';
import { createInProcessBus, logTopic } from '@chargegraph/events';
import type { Caller, Role } from '@chargegraph/identity';
import type { Subgraph, SubgraphResponse } from '@chargegraph/graph';
import {
  createRevocationChecker,
  EncryptedFileKeyStore,
  toPem,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { ManualClock, silentLogger } from '@chargegraph/service';
import { cpsMigrations, createCps, type CpsDeps } from '../subgraph.ts';
import { OtherPoolsInMemory } from './other-pools.fixture.ts';

/** When the tests' stories begin. */
export const start = new Date('2026-11-10T12:00:00.000Z');

export const day = 86_400_000;

/** A whole CPS on a PostgreSQL of its own, with the other pools in memory. */
export interface Harness {
  readonly cps: Subgraph;
  readonly pools: OtherPoolsInMemory;
  readonly clock: ManualClock;
  readonly database: Database;
  readonly keyStore: EncryptedFileKeyStore;
  /** Tells the service that the contract pool has removed something. */
  removed(): Promise<void>;
  /** Another process of the same service, whose jobs look for what is due as it starts and every few milliseconds. */
  another(leadDays?: number): Promise<Subgraph>;
  /** Carries out an operation and returns the whole response. */
  run(caller: Caller, query: string, variables?: Record<string, unknown>): Promise<SubgraphResponse>;
  /** The writes that were recorded since the last {@link reset} or {@link forgetWrites}, in order. */
  writes(): Promise<WriteSeen[]>;
  /** Leaves out of {@link writes} what was recorded so far. */
  forgetWrites(): Promise<void>;
  /** Empties pools and tables and sets the clock back to {@link start}. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** A caller with these roles. */
export const callerWith = (roles: readonly Role[], providerIds: readonly string[] = []): Caller => ({
  clientId: 'test-client',
  organisation: 'Test',
  roles: new Set(roles),
  wmis: new Set(),
  providerIds: new Set(providerIds),
});

export const operator = callerWith(['OPERATOR']);

type Options = Partial<Pick<CpsDeps, 'profile' | 'emaidCheckDigit' | 'revocation'>>;

/** Starts it. */
export async function startHarness(options: Options = {}): Promise<Harness> {
  const folder = await mkdtemp(join(tmpdir(), 'chargegraph-cps-'));
  const postgres = await createTestDatabase();
  const stopPostgres = async () => {
    await postgres.drop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const keys = { folder: join(folder, 'keys'), passphrase: 'a test passphrase' };
    const harness = await harnessOn(postgres.url, new EncryptedFileKeyStore(keys), options);
    return {
      ...harness,
      stop: async () => {
        await harness.stop();
        await stopPostgres();
      },
    };
  } catch (error) {
    await stopPostgres();
    throw error;
  }
}

async function harnessOn(url: string, keyStore: EncryptedFileKeyStore, options: Options): Promise<Harness> {
  const target = { url, schema: 'cps', folder: cpsMigrations };
  await migrate({ ...target, logger: silentLogger });
  const clock = new ManualClock(start);
  const pools = new OtherPoolsInMemory();
  const revocation: CpsDeps['revocation'] = {
    checker: createRevocationChecker({ clock, logger: silentLogger }),
    policy: 'soft',
  };
  pools.clock = () => clock.now();
  const bus = createInProcessBus();
  const cps = createCps({
    databaseUrl: url,
    keyStore,
    graph: pools.client,
    bus,
    clock,
    logger: silentLogger,
    revocation,
    // What is asked of the root pool is counted.
    followRoots: false,
    // What a test wants signed anew it has done itself, or by retiring a signer.
    resigning: { pollInterval: 3_600_000 },
    revoking: { pollInterval: 3_600_000, listGap: 0 },
    ...options,
  });
  await cps.start();
  const database = createDatabase({ ...target, logger: silentLogger });
  const trail = createWriteTrail(database);

  return {
    cps,
    pools,
    clock,
    database,
    keyStore,
    removed: () => bus.publish(logTopic('ccp'), ''),
    another: async (leadDays) => {
      const other = createCps({
        databaseUrl: url,
        keyStore,
        graph: pools.client,
        bus: createInProcessBus(),
        followRoots: false,
        clock,
        logger: silentLogger,
        revocation: options.revocation ?? revocation,
        resigning: { leadDays, pollInterval: 10 },
        revoking: { pollInterval: 10, listGap: 0 },
        digest: { at: 0, interval: 10 },
      });
      await other.start();
      return other;
    },
    run: (caller, query, variables) =>
      cps.execute({
        query,
        variables,
        context: { caller, traceId: 'test-trace', deadline: Date.now() + 15_000, hops: 0 },
      }),
    writes: trail.writes,
    forgetWrites: trail.restart,
    reset: async () => {
      pools.clear();
      clock.set(start);
      await emptyTables(
        database,
        'contract_ca_crl',
        'contract_ca',
        'issued_certificate',
        'signing_result',
        'cps_signer',
        'revocation_place',
      );
      await trail.restart();
    },
    stop: async () => {
      await cps.stop();
      await database.close();
    },
  };
}

export const addCpsSigner = `
  mutation ($input: AddCpsSignerInput!) {
    addCpsSigner(input: $input) {
      cpsSigner {
        id
        certificate { fingerprint }
        subCaCertificates { fingerprint }
        rootCertificate { id }
        namespace
        isDefault
        verdict { status reasons }
        addedAt
      }
      userErrors { message path code }
    }
  }`;

/** A signer's leaf with its chain. */
export interface SignerChain {
  readonly leaf: IssuedCertificate;
  readonly subCa1: IssuedCertificate;
  readonly subCa2: IssuedCertificate;
}

/** Puts the signer's key into the key store and gives the input with which the operator adds it. */
export async function signerInput(harness: Harness, { leaf, subCa1, subCa2 }: SignerChain) {
  const keyReference = `cps-${leaf.certificate.fingerprint.slice(0, 16)}`;
  await harness.keyStore.importKey(keyReference, leaf.privateKey);
  return {
    certificate: toPem(leaf.certificate),
    subCaCertificates: [toPem(subCa1.certificate), toPem(subCa2.certificate)],
    keyReference,
  };
}
