import { expect, it } from 'vitest';
import { lambdaSettings } from './lambda-config.js';

const role = 'arn:aws:iam::123456789012:role/x';

it('fills in what the config leaves out', () => {
  expect(lambdaSettings({ region: 'eu-west-1', role }, 'ann')).toEqual({
    region: 'eu-west-1',
    role,
    clearance: 'internal',
    arch: 'arm64',
    memoryMib: [512, 1024, 1769, 3538, 5307, 7076, 8845, 10_240],
    owner: 'ann',
    timeoutMs: 900_000,
    tmpMib: 512,
    runtime: 'nodejs22.x',
  });
});

it('keeps what the config says, sizes in MiB, the smallest first and each once', () => {
  const memory = [10_240 * 2 ** 20, 1769 * 2 ** 20, 10_240 * 2 ** 20];
  const section = { region: 'eu-west-1', role, memory, tmp: 2 ** 30, timeout: 60_000, store: 'spill', owner: 'lab' };
  expect(lambdaSettings(section, 'ann')).toMatchObject({
    memoryMib: [1769, 10_240],
    tmpMib: 1024,
    timeoutMs: 60_000,
    store: 'spill',
    owner: 'lab',
  });
});

it.each([
  ['ann', 'ann'],
  ['uid 1000', 'uid 1000'],
  ['LAB\\ann', 'LAB_ann'],
  ["o'neil*;", 'o_neil__'],
  ['zoë', 'zoë'],
])('makes of the name "%s" an owner that AWS takes as a tag', (self, owner) => {
  expect(lambdaSettings({ region: 'eu-west-1', role }, self).owner).toBe(owner);
});
