import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planOptions } from './plan-options.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-prices-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const now = Date.UTC(2025, 10, 28);

describe('a plan of another time', () => {
  it.each([
    ['2025-11-01', Date.UTC(2025, 10, 1)],
    ['2025-11-01T12:30Z', Date.UTC(2025, 10, 1, 12, 30)],
    ['2025-11-01 12:30:15+02:00', Date.UTC(2025, 10, 1, 10, 30, 15)],
  ])('is of %s', (at, ms) => {
    expect(planOptions({ at }, now)).toEqual({ at: ms });
  });

  it.each(['yesterday', '2025', '2025-13-01', '2025-11-31T25:00Z', '2025-11-29'])('is not of %j', at => {
    expect(() => planOptions({ at }, now)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(at) }),
    );
  });
});

describe('a plan with other prices', () => {
  it('has those of the file', () => {
    const prices = join(folder, 'prices.json');
    writeFileSync(prices, '{"date": "2025-11-01", "region": "us-east-1", "ec2": {"m7g.large": 0.08}}');
    expect(planOptions({ prices }, now)).toMatchObject({ prices: { ec2: { 'm7g.large': 0.08 } } });
  });

  it('is refused where the file is not there, or is none', () => {
    const prices = join(folder, 'none.json');
    expect(() => planOptions({ prices }, now)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    writeFileSync(prices, '{"region": "us-east-1"}');
    expect(() => planOptions({ prices }, now)).toThrow(expect.objectContaining({ code: 'CONFIG' }));
  });

  it('is an ordinary one where nothing is said', () => {
    expect(planOptions({}, now)).toEqual({});
  });
});
