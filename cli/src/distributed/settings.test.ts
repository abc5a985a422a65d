import { parseConfig } from '@chargegraph/service';
import { describe, expect, it } from 'vitest';
import { digestSettings, pageSettings, revocationOf, revocationSettings } from './settings.ts';

const read = (environment: Record<string, string>) => parseConfig(revocationSettings, environment);

describe('the settings of revocation', () => {
  it('are soft, five seconds, no private addresses and no redirects unless set', () => {
    expect(revocationOf(read({}), 'ccp')).toEqual({
      policy: 'soft',
      network: { privateAddresses: 'refuse', redirects: 'refuse', timeout: 5_000 },
    });
  });

  it('are set for all pools and, before that, for one', () => {
    const settings = read({
      CHARGEGRAPH_REVOCATION: 'hard',
      CHARGEGRAPH_REVOCATION_PCP: 'off',
      CHARGEGRAPH_REVOCATION_PRIVATE_ADDRESSES: 'allow',
      CHARGEGRAPH_REVOCATION_REDIRECTS: 'follow',
      CHARGEGRAPH_REVOCATION_TIMEOUT: '2.5',
    });
    const policies = (['rcp', 'pcp', 'ccp', 'cps'] as const).map(
      (pool) => revocationOf(settings, pool).policy,
    );
    expect(policies).toEqual(['hard', 'off', 'hard', 'hard']);
    const network = { privateAddresses: 'allow', redirects: 'follow', timeout: 2_500 };
    expect(revocationOf(settings, 'rcp').network).toEqual(network);
  });

  it.each([
    ['CHARGEGRAPH_REVOCATION', 'maybe', 'must be off, soft or hard'],
    ['CHARGEGRAPH_REVOCATION_CPS', '', 'must be off, soft or hard'],
    ['CHARGEGRAPH_REVOCATION_PRIVATE_ADDRESSES', 'yes', 'must be refuse or allow'],
    ['CHARGEGRAPH_REVOCATION_REDIRECTS', 'yes', 'must be refuse or follow'],
    ['CHARGEGRAPH_REVOCATION_TIMEOUT', 'soon', 'must be a number of seconds'],
    ['CHARGEGRAPH_REVOCATION_TIMEOUT', '0', 'must be at least 0.1 seconds'],
    ['CHARGEGRAPH_REVOCATION_TIMEOUT', '61', 'must be at most 60 seconds'],
  ])('name %s when it is %s', (name, value, sentence) => {
    expect(() => read({ [name]: value })).toThrow(`${name} is wrong: ${sentence}`);
  });
});

describe('the setting of the pages', () => {
  const read = (environment: Record<string, string>) => parseConfig(pageSettings, environment);

  it('is on unless it is off, and nothing else', () => {
    expect(read({})).toEqual({ CHARGEGRAPH_PAGES: true });
    expect(read({ CHARGEGRAPH_PAGES: 'off' })).toEqual({ CHARGEGRAPH_PAGES: false });
    expect(() => read({ CHARGEGRAPH_PAGES: 'false' })).toThrow(
      'CHARGEGRAPH_PAGES is wrong: must be on or off',
    );
  });
});

describe('the time of the digest', () => {
  const read = (text: string) => parseConfig(digestSettings, { CHARGEGRAPH_DIGEST_AT: text });

  it('is a time of day, in minutes after midnight, and left open unless set', () => {
    expect(read('00:00')).toEqual({ CHARGEGRAPH_DIGEST_AT: 0 });
    expect(read('06:30')).toEqual({ CHARGEGRAPH_DIGEST_AT: 390 });
    expect(read('23:59')).toEqual({ CHARGEGRAPH_DIGEST_AT: 1_439 });
    expect(parseConfig(digestSettings, {})).toEqual({});
  });

  it.each(['24:00', '6:00', '06:60', '0600', 'noon', ''])(
    'is refused as “%s”, naming the setting',
    (text) => {
      expect(() => read(text)).toThrow(
        'CHARGEGRAPH_DIGEST_AT is wrong: must be a time of day in UTC, e.g. 06:00',
      );
    },
  );
});
