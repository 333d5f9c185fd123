import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../conformance/eventually.js';
import { gateIn } from '../../conformance/scratch.js';
import { startScript } from '../../e2e/start-script.js';
import { checkout, userFolder } from '../../e2e/user-folder.js';
import { openSite } from './open-site.js';

const program = `
import { FunctionExecutor } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';

registerStandalone();
const executor = new FunctionExecutor({ backend: 'standalone', home: process.argv[2] });
const { exitCode } = await executor.run(['sh', '-c', process.argv[3]], { id: 'one-job' });
console.log('exit ' + exitCode);
await executor.close();
`;

test('a client that is killed while its machine boots is followed by another, which finds that machine', async () => {
  const site = await openSite({ plan: () => ({ delayMs: 1_500 }) });
  const folder = userFolder({ 'main.mjs': program });
  symlinkSync(join(checkout, 'packages/standalone'), join(folder, 'node_modules/@megalith/standalone'));
  const args = [site.home, `echo ran >>${site.shared}/runs; wc -l <${site.shared}/runs`];
  const first = startScript(folder, 'main.mjs', { args });
  await eventually('a machine is there', () => site.alive().length === 1);
  first.child.kill('SIGKILL');
  await first.end();
  const next = startScript(folder, 'main.mjs', { args });
  expect(await next.end(40_000)).toMatchObject({ exitCode: 0, stderr: '' });
  expect(next.stdout()).toContain('exit 0');
  expect(site.ec2.instances()).toMatchObject([{ state: 'running' }]);
  expect((await site.machine(site.alive()[0]!.id).exec(`cat ${site.shared}/runs`)).stdout).toBe('ran\n');
});

describe.concurrent('a warm machine', () => {
  test('is had by one of two clients that want it, and the other gets one of its own', async context => {
    const site = await openSite({}, context);
    const warm = site.executor();
    await warm.run(['true']);
    await warm.close();
    const gate = gateIn(site.shared);
    const place = `hostname >>${gate.path}-hosts; until [ -e ${gate.path} ]; do sleep 0.05; done`;
    const jobs = [site.executor(), site.executor()].map(client => client.run(['sh', '-c', place]));
    await eventually('two machines are up', () => site.alive().length === 2);
    gate.open();
    expect(await Promise.all(jobs)).toMatchObject([{ exitCode: 0 }, { exitCode: 0 }]);
    const [one] = site.alive();
    const hosts = (await site.machine(one!.id).exec(`cat ${gate.path}-hosts`)).stdout.trim().split('\n');
    expect([hosts.length, new Set(hosts).size]).toEqual([2, 2]);
    expect(site.ec2.instances()).toHaveLength(2);
  });

  test('that held confidential data takes no job of a lower label', async context => {
    const site = await openSite({ section: { clearance: 'confidential' } }, context);
    const high = site.executor();
    const sensitive = { label: 'confidential' } as const;
    await high.run(['true'], sensitive);
    await high.run(['true'], sensitive);
    await high.close();
    expect(site.ec2.instances()).toHaveLength(1);
    const low = site.executor();
    await low.run(['true']);
    expect(site.ec2.instances().map(({ tags }) => tags['megalith:label'])).toEqual(['confidential', 'internal']);
  });
});
