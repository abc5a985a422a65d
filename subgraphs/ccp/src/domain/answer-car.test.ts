import { describe, expect, it, vi } from 'vitest';
import { encodeIso20Message, encodeMessage } from '@chargegraph/iso15118';
import { ManualClock } from '@chargegraph/service';
import { cpo } from '../testing/callers.ts';
import { answerCar } from './answer-car.ts';
import type { Work } from './work.ts';

const sessionId = Uint8Array.of(1);
const roots = [{ x509IssuerName: 'CN=Root', x509SerialNumber: 1n }];
const unreadable = Uint8Array.of(0);

/** Requests whose certificates cannot be read: answered without asking anybody. */
const requests = {
  ISO15118_2: encodeMessage({
    header: { sessionId },
    body: {
      type: 'CertificateInstallationReq',
      id: 'ID1',
      oemProvisioningCert: unreadable,
      listOfRootCertificateIDs: roots,
    },
  }),
  ISO15118_20: encodeIso20Message({
    header: { sessionId, timeStamp: 1n },
    body: {
      type: 'CertificateInstallationReq',
      oemProvisioningCertificateChain: { id: 'ID1', certificate: unreadable },
      listOfRootCertificateIDs: roots,
      maximumContractCertificateChains: 1,
    },
  }),
} as const;
type Namespace = keyof typeof requests;

async function warningsOf(sent: Namespace, declared: Namespace | undefined): Promise<unknown[]> {
  const warn = vi.fn();
  const work = { caller: cpo, clock: new ManualClock(new Date(0)), logger: { warn } } as unknown as Work;
  const answer = await answerCar(work, { certificateInstallationReq: requests[sent], namespace: declared });
  expect(answer.outcome).toBe('CHAIN_ERROR');
  return warn.mock.calls.map(([fields]: unknown[]) => fields);
}

describe('answerCar', () => {
  it('logs a warning when the declared generation is not that of the EXI, and answers all the same', async () => {
    expect(await warningsOf('ISO15118_20', 'ISO15118_2')).toEqual([
      { declared: 'ISO15118_2', found: 'ISO15118_20' },
    ]);
    expect(await warningsOf('ISO15118_2', 'ISO15118_20')).toEqual([
      { declared: 'ISO15118_20', found: 'ISO15118_2' },
    ]);
  });

  it('logs nothing when it is, or when none is declared', async () => {
    for (const sent of ['ISO15118_2', 'ISO15118_20'] as const) {
      expect(await warningsOf(sent, sent)).toEqual([]);
      expect(await warningsOf(sent, undefined)).toEqual([]);
    }
  });
});
