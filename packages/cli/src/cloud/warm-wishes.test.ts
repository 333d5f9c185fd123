import type { Label } from '@megalith/core';
import { expect, it } from 'vitest';
import { warmLabelOf, warmWishes } from './warm-wishes.js';

const poolOf = (clearance: Label, warmLabel: Label) =>
  ({ warmLabel, settings: { clearance }, cloud: { name: 'ec2', region: 'us-east-1' } }) as Parameters<
    typeof warmLabelOf
  >[0];

it('warm machines are for jobs of which nothing is said, or for those of a label that the pool is cleared for', () => {
  expect(warmWishes({ cpus: 2, for: '1m' })).not.toHaveProperty('label');
  const { label } = warmWishes({ cpus: 2, for: '1m', label: 'confidential' });
  const pool = poolOf('confidential', 'internal');
  expect([warmLabelOf(pool), warmLabelOf(pool, label)]).toEqual(['internal', 'confidential']);
  expect(() => warmLabelOf(pool, 'restricted')).toThrowError(
    expect.objectContaining({
      code: 'POLICY',
      message: expect.stringContaining('ec2 us-east-1 is cleared for confidential'),
    }),
  );
});
