import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CloudMachine, CloudState, Market } from '../../pool/cloud-machine.js';
import type { CloudShape } from '../../pool/offer.js';
import { awsRefusal } from './aws-error.fixture.js';
import { quotaFor } from './quota.js';
import { cpusOf, type QuotaApi, quotaLimits, quotaUses } from './quota-usage.js';

const standard = quotaFor('r6i.large', 'on-demand')!;
const spot = quotaFor('r6i.large', 'spot')!;
const shape = (type: string, cpus: number) => [type, { type, cpus } as CloudShape] as const;
const shapes = new Map([shape('r6i.large', 2), shape('x2idn.16xlarge', 64), shape('m7g.xlarge', 4)]);
const machine = (type: string, state: CloudState = 'running', market: Market = 'on-demand') =>
  ({ type, state, market }) as CloudMachine;

function fake(answers: Readonly<Record<string, number | string | undefined>>, defaults: typeof answers = {}) {
  const asked: string[] = [];
  const read = (kind: string, from: typeof answers) => async (service: string, code: string) => {
    asked.push(`${kind} ${service} ${code}`);
    const answer = from[code];
    if (typeof answer === 'string') throw awsRefusal('GetServiceQuota', answer);
    return answer === undefined ? undefined : { Value: answer };
  };
  const api: QuotaApi = { quota: read('granted', answers), defaultQuota: read('default', defaults) };
  return { api, asked };
}

describe('vCPUs in use', () => {
  test('are those of machines that run or are about to, by quota', () => {
    const { cpus, unknownTypes } = cpusOf(
      [
        machine('r6i.large'),
        machine('m7g.xlarge', 'pending'),
        machine('m7g.xlarge', 'stopped'),
        machine('m7g.xlarge', 'terminated'),
        machine('r6i.large', 'running', 'spot'),
        machine('x2idn.16xlarge'),
        machine('r99.huge'),
      ],
      shapes,
    );
    expect(cpus.get(standard.code)).toBe(6);
    expect(cpus.get(spot.code)).toBe(2);
    expect(cpus.get(quotaFor('x2idn.16xlarge', 'on-demand')!.code)).toBe(64);
    expect(unknownTypes).toEqual(['r99.huge']);
  });

  test('add up, however machines are dealt out', () => {
    const machines = fc.array(
      fc.record({
        type: fc.constantFrom('r6i.large', 'x2idn.16xlarge', 'm7g.xlarge'),
        state: fc.constantFrom<CloudState>('pending', 'running', 'stopped', 'terminated'),
        market: fc.constantFrom<Market>('spot', 'on-demand'),
      }),
    );
    fc.assert(
      fc.property(machines, machines, (a, b) => {
        const sum = (list: typeof a) => cpusOf(list as CloudMachine[], shapes).cpus;
        const both = sum([...a, ...b]);
        const [one, other] = [sum(a), sum(b)];
        for (const [code, cpus] of both) expect(cpus).toBe((one.get(code) ?? 0) + (other.get(code) ?? 0));
      }),
    );
  });
});

describe('limits of an account', () => {
  test('are asked for once in ten minutes', async () => {
    const { api, asked } = fake({ [standard.code]: 5 });
    let now = 0;
    const limits = quotaLimits(api, () => now);
    expect(await limits.limit(standard)).toEqual({ limitCpus: 5 });
    now = 10 * 60_000 - 1;
    await limits.limit(standard);
    expect(asked).toEqual([`granted ec2 ${standard.code}`]);
    now++;
    await limits.limit(standard);
    expect(asked).toHaveLength(2);
  });

  test("are AWS's own where none was granted", async () => {
    const limits = quotaLimits(fake({ [standard.code]: 'NoSuchResourceException' }, { [standard.code]: 32 }).api);
    expect(await limits.limit(standard)).toEqual({ limitCpus: 32 });
  });

  test('are unknown, with the reason, where they may not be read or are nowhere', async () => {
    const { api } = fake({ [standard.code]: 'AccessDeniedException', [spot.code]: undefined });
    const { uses, notes } = await quotaUses(quotaLimits(api), [standard, spot], new Map());
    expect([...uses]).toEqual([]);
    expect(notes).toEqual([
      expect.stringMatching(/may not read the quota "Running On-Demand Standard.*megalith ec2 iam/),
      expect.stringContaining('no value'),
    ]);
  });

  test('are not remembered where the call failed', async () => {
    const answers: Record<string, number | string> = { [standard.code]: 'ServiceException' };
    const limits = quotaLimits(fake(answers).api);
    await expect(limits.limit(standard)).rejects.toMatchObject({ code: 'CLOUD_FAILED' });
    answers[standard.code] = 7;
    const { uses } = await quotaUses(limits, [standard], new Map([[standard.code, 3]]));
    expect(uses.get(standard.code)).toEqual({ limitCpus: 7, usedCpus: 3 });
  });
});
