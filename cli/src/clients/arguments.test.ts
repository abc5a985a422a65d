import { describe, expect, it } from 'vitest';
import { readClientArguments } from './arguments.ts';

describe('the arguments of chargegraph client', () => {
  it('are texts as they were typed, numbers too', () => {
    const { wmis, id, providerIds, enabled, json } = readClientArguments([
      ...['add', '--name', '1', '--organisation', '0x10', '--role', 'OEM', '--id', '007'],
      ...['--wmi', '012', '--wmi=1E5'],
    ]);
    expect({ wmis, id, providerIds, enabled, json }).toEqual({
      wmis: ['012', '1E5'],
      id: '007',
      providerIds: undefined,
      enabled: undefined,
      json: false,
    });
  });

  it('name a client behind the action or by --id', () => {
    expect(readClientArguments(['disable', '007'])).toMatchObject({ action: 'disable', id: '007' });
    expect(readClientArguments(['enable', '--id', '007'])).toMatchObject({ action: 'enable', id: '007' });
  });

  it('ask for enabled ones, disabled ones or both', () => {
    const enabled = (...flags: string[]) => readClientArguments(['list', ...flags]).enabled;
    expect([enabled(), enabled('--enabled'), enabled('--disabled')]).toEqual([undefined, true, false]);
  });

  it.each([
    [[], 'client takes one of the actions add, list, rotate-secret, disable, enable.'],
    [['remove', 'x'], 'client takes one of the actions'],
    [['list', 'x'], 'client list takes no client id'],
    [['list', '--name', 'x'], 'client list takes no --name.'],
    [['disable', 'x', '--json'], 'client disable takes no --json.'],
    [['disable'], 'Say which client: client disable <id>.'],
    [['disable', 'x', '--id', 'y'], 'client disable takes one client id.'],
    [['add', '--organisation', 'x', '--role', 'OEM'], '--name is missing.'],
    [['add', '--name', 'x', '--role', 'OEM'], '--organisation is missing.'],
    [['add', '--name', 'x', '--organisation', 'x'], '--role is missing.'],
    [['add', '--name', 'x', '--name', 'y', '--organisation', 'x', '--role', 'OEM'], '--name is there twice.'],
    [['list', '--enabled', '--disabled'], 'Give --enabled or --disabled, not both.'],
    [['list', '--organisation'], "Option '--organisation <value>' argument missing."],
    [['list', '--colour', 'x'], "Unknown option '--colour'."],
  ])('%j are refused: %s', (given, sentence) => {
    expect(() => readClientArguments(given)).toThrow(sentence);
  });
});
