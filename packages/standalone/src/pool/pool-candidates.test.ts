import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MegalithError } from '@megalith/agent';
import { afterAll, expect, it } from 'vitest';
import { jobRequest } from '../backend/job-request.fixture.js';
import { compiledCatalogue } from '../providers/ec2/compiled-catalogue.js';
import { ec2Settings } from '../providers/ec2/ec2-settings.js';
import { ec2Stock } from '../providers/ec2/ec2-stock.js';
import type { PoolDesk } from './acquire.js';
import { IntentStore } from './intent-store.js';
import { poolCandidates } from './pool-candidates.js';
import type { Stock } from './stock.js';

const home = mkdtempSync(join(tmpdir(), 'megalith-pool-candidates-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const site = { name: 'ec2 us-east-1', kind: 'cloud', region: 'us-east-1', clearance: 'internal' } as const;
const settings = ec2Settings({ region: 'us-east-1', types: ['m6i.large'] }, 'ann');
const stock = ec2Stock({ catalogue: compiledCatalogue('us-east-1'), machines: [], uses: new Map() }, settings);

function of(answer: (signal?: AbortSignal) => Promise<Stock>, deadlineMs = 5000) {
  const cloud = { name: 'ec2', region: 'us-east-1', stock: (_: boolean, signal?: AbortSignal) => answer(signal) };
  const desk = { cloud, intents: new IntentStore(home), owner: 'ann', image: 'ami', maxLifetimeMs: 1e8, now: Date.now };
  return poolCandidates(jobRequest(), { desk: desk as unknown as PoolDesk, site, asks: true, deadlineMs });
}

it('what a cloud has is told as candidates', async () => {
  expect(await of(async () => stock)).toMatchObject([{ id: 'ec2 us-east-1 m6i.large on-demand', slots: 2 }]);
});

it('what is wrong with a cloud is one candidate that says so, with the code of the error', async () => {
  const failing = (code: ConstructorParameters<typeof MegalithError>[0]) =>
    of(async () => Promise.reject(new MegalithError(code, 'no', { hint: 'do' })));
  const rejected = { explanation: 'no', hint: 'do' };
  expect(await failing('NO_CREDENTIALS')).toMatchObject([
    { id: 'ec2 us-east-1 new', rejected: { ...rejected, reason: 'NOT_CONFIGURED', code: 'NO_CREDENTIALS' } },
  ]);
  expect(await failing('CLOUD_FAILED')).toMatchObject([{ rejected: { reason: 'NO_CAPACITY', code: 'CLOUD_FAILED' } }]);
  expect(await failing('QUOTA')).toMatchObject([{ rejected: { reason: 'QUOTA', code: 'QUOTA' } }]);
  const [tooLarge] = await failing('OVER_MEMORY');
  expect(tooLarge!.rejected).toEqual({ ...rejected, reason: 'OVER_MEMORY' });
  await expect(of(async () => Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug');
});

it('a cloud that does not answer is not waited for any longer', async () => {
  const never = (signal?: AbortSignal) =>
    new Promise<Stock>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  expect(await of(never, 20)).toMatchObject([{ rejected: { reason: 'NO_CAPACITY', code: 'CLOUD_FAILED' } }]);
});
