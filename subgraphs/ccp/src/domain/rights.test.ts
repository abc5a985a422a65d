import { describe, expect, it } from 'vitest';
import {
  callerWith,
  cpo,
  cps,
  cpsForMo,
  mo,
  oem,
  operator,
  otherMo,
  otherOem,
  service,
} from '../testing/callers.ts';
import {
  listedContracts,
  mayDelete,
  mayLookUp,
  maySee,
  maySeeEvent,
  requireContractRights,
  requireMayPublish,
  visibleContracts,
} from './rights.ts';

const contract = { wmi: 'WCG', providerId: 'DEABC' };
const everybody = { mo, otherMo, oem, otherOem, cpo, cps, operator, service, cpsForMo };
const allowed = (may: (caller: typeof mo) => boolean) =>
  Object.entries(everybody).flatMap(([name, caller]) => (may(caller) ? [name] : []));

describe('rights to contracts', () => {
  it('lets a contract’s operator, its car’s maker, the operator and services see it', () => {
    expect(allowed((caller) => maySee(caller, contract))).toEqual([
      'mo',
      'oem',
      'operator',
      'service',
      'cpsForMo',
    ]);
  });

  it('shows of a car all contracts or those of own provider ids, as it shows each alone', () => {
    for (const caller of Object.values(everybody)) {
      const visible = visibleContracts(caller, contract.wmi);
      const inList = visible === 'all' || visible.providerIds.includes(contract.providerId);
      expect(inList).toBe(maySee(caller, contract));
    }
  });

  it('shows the log’s events to the party they are for, the operator and services', () => {
    const all = ['operator', 'service', 'cpsForMo'];
    const hearing = (type: string) => allowed((caller) => maySeeEvent(caller, type, contract));
    expect(hearing('OEM_CONTRACT_CREATED')).toEqual(['oem', ...all]);
    expect(hearing('MO_PROV_CERT_DELETED')).toEqual(['mo', ...all]);
    expect(hearing('CONTRACT_SEEN')).toEqual(all);
  });

  it('shows of the whole pool what it shows alone', () => {
    for (const caller of Object.values(everybody)) {
      const listed = listedContracts(caller);
      const inList =
        listed === 'all' ||
        listed.wmis.includes(contract.wmi) ||
        listed.providerIds.includes(contract.providerId);
      expect(inList).toBe(maySee(caller, contract));
    }
  });

  it('lets charge point operators look up what they name, where that is set', () => {
    const on = { cpoContractLookup: true };
    const off = { cpoContractLookup: false };
    expect(mayLookUp(cpo, contract, on)).toBe(true);
    expect(mayLookUp(cpo, contract, off)).toBe(false);
    expect(mayLookUp(otherMo, contract, on)).toBe(false);
    const refused = expect.objectContaining({ code: 'FORBIDDEN' }) as Error;
    const require = (settings: typeof on, isNamed: boolean) => {
      requireContractRights(cpo, settings, { isNamed });
    };
    expect(() => {
      require(off, true);
    }).toThrow(refused);
    expect(() => {
      require(on, false);
    }).toThrow(refused);
    require(on, true);
  });

  it('lets a contract’s operator, a provisioning service and a service for that operator publish', () => {
    const may = (caller: typeof mo) => {
      try {
        requireMayPublish(caller, 'DEABC');
        return true;
      } catch {
        return false;
      }
    };
    expect(allowed(may)).toEqual(['mo', 'cps', 'cpsForMo']);
  });

  it('lets a contract’s operator and the operator delete', () => {
    expect(allowed((caller) => mayDelete(caller, contract))).toEqual(['mo', 'operator', 'cpsForMo']);
  });

  it('gives no right by provider ids or WMIs without the role that goes with them', () => {
    const caller = callerWith(['CPO'], { wmis: ['WCG'], providerIds: ['DEABC'] });
    expect(maySee(caller, contract)).toBe(false);
    expect(visibleContracts(caller, 'WCG')).toEqual({ providerIds: [] });
  });
});
