import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../conformance/eventually.js';
import { startScript } from '../../e2e/start-script.js';
import { checkout, userFolder } from '../../e2e/user-folder.js';
import { allGone, openSite } from './open-site.js';

const program = `
import { FunctionExecutor } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';

registerStandalone();
const executor = new FunctionExecutor({ backend: 'standalone', home: process.argv[2] });
const { exitCode } = await executor.run(['true'], { id: 'one-job' });
console.log('exit ' + exitCode);
await executor.close();
`;

test('a client that is killed while its machine boots is followed by another, which finds that machine', async () => {
  const site = await openSite({ section: { idle: '2s' }, plan: () => ({ delayMs: 3_000 }) });
  const folder = userFolder({ 'main.mjs': program });
  symlinkSync(join(checkout, 'packages/standalone'), join(folder, 'node_modules/@megalith/standalone'));
  const first = startScript(folder, 'main.mjs', { args: [site.home] });
  await eventually('a machine is there', () => site.alive().length === 1);
  first.child.kill('SIGKILL');
  await first.end();
  const next = startScript(folder, 'main.mjs', { args: [site.home] });
  expect(await next.end(40_000)).toMatchObject({ exitCode: 0, stderr: '' });
  expect(next.stdout()).toContain('exit 0');
  expect(site.ec2.instances()).toHaveLength(1);
  await allGone(site);
});

test('of two clients that want a warm machine one gets it, and the other one of its own', async () => {
  const site = await openSite({ section: { idle: '3s' } });
  const warm = site.executor();
  await warm.run(['true']);
  await warm.close();
  const [one, other] = [site.executor(), site.executor()];
  const ends = await Promise.all([one, other].map(client => client.run(['sh', '-c', 'sleep 1; hostname'])));
  expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(site.ec2.instances()).toHaveLength(2);
  await Promise.all([one.close(), other.close()]);
  await allGone(site);
});

test('a machine that held confidential data takes no job of a lower label', async () => {
  const site = await openSite({ section: { idle: '3s', clearance: 'confidential' } });
  const high = site.executor();
  await high.run(['true']);
  await high.run(['true']);
  await high.close();
  expect(site.ec2.instances()).toHaveLength(1);
  site.configure({ clearance: 'public' });
  const low = site.executor();
  await low.run(['true']);
  expect(site.ec2.instances()).toHaveLength(2);
  await low.close();
  await allGone(site);
});
