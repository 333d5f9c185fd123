import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configuredPool, pooledStates, sweepPool } from '@megalith/standalone';
import { expect, test } from 'vitest';
import { eventually } from '../../conformance/eventually.js';
import { gateIn, scratchFolder } from '../../conformance/scratch.js';
import { bestInstanceHostKind, instanceHostsCan } from '../../ec2/hosts/start-instance-hosts.js';
import { openSite, type Site } from './open-site.js';

/** So long is a minute of a machine's timer where the timer is not to end it. */
const neverMs = 3_600_000;
const canStart = instanceHostsCan(await bestInstanceHostKind(), 'user-data', 'network');

async function withPool<T>({ home }: Site, deed: (pool: Awaited<ReturnType<typeof configuredPool>>) => Promise<T>) {
  const pool = await configuredPool({ home, cwd: home });
  try {
    return await deed(pool);
  } finally {
    pool.close();
  }
}

function measured({ home }: Site) {
  const folder = join(home, 'cloud', 'uses');
  const [only] = readdirSync(folder).filter(name => name.endsWith('.json'));
  return JSON.parse(readFileSync(join(folder, only!), 'utf8')) as {
    readonly startsMs: number[];
    readonly restartsMs: number[];
    readonly past: { readonly gapsMs: number[] };
    readonly idle: object[];
  };
}

test.runIf(canStart)('an idle machine stops, the next job starts it again, and a sweep ends it', async () => {
  const shared = scratchFolder();
  const section = { idle: '1s', whenIdle: 'stop' };
  const site = await openSite({ minuteMs: neverMs, sharedFolder: shared, section });
  const executor = site.executor();
  await executor.run(['true']);
  const { id } = site.alive()[0]!;
  const stopped = () => eventually('it is stopped', () => site.ec2.instance(id)?.state === 'stopped');
  await stopped();
  const { machines } = await withPool(site, ({ desk }) => pooledStates(desk));
  expect(machines).toMatchObject([
    { id, state: 'stopped', why: ['it is stopped for the next job', 'the configuration says so'] },
  ]);
  expect(machines[0]!.endsInMs).toBeLessThanOrEqual(12 * 3_600_000);

  const gate = gateIn(shared);
  const job = executor.run(['sh', '-c', `echo >${gate.path}-begun; until [ -e ${gate.path} ]; do sleep 0.05; done`]);
  await eventually('it runs the job', () => readdirSync(shared).some(name => name.endsWith('-begun')));
  // Its own timer has to end it for good.
  expect(site.ec2.instance(id)).toMatchObject({ state: 'running', shutdownBehavior: 'terminate' });
  gate.open();
  expect(await job).toMatchObject({ exitCode: 0 });
  await executor.close();
  await stopped();
  expect(site.ec2.instances()).toHaveLength(1);
  expect([site.calls('StartInstances'), site.calls('StopInstances')]).toEqual([1, 0]);
  const { startsMs, restartsMs, past, idle } = measured(site);
  expect([startsMs, restartsMs, past.gapsMs, idle].map(({ length }) => length)).toEqual([1, 1, 1, 1]);

  const rules = { delayMs: 1, stoppedMs: 0 };
  await withPool(site, pool => sweepPool(pool, { rules }));
  const { deeds } = await withPool(site, pool => sweepPool(pool, { rules }));
  expect(deeds).toMatchObject([{ verdict: { machine: id, reason: 'stoppedTooLong' }, outcome: 'done' }]);
  expect(site.alive()).toEqual([]);
});
