import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../conformance/eventually.js';
import { firstLine } from '../hosts/first-line.js';
import { processTable, startTicks } from '../hosts/process-table.js';
import { startLambda } from './start-lambda.js';
import { call, deploy, testClient } from './test-client.js';

const dist = (file: string): string => JSON.stringify(new URL(`../../dist/lambda/${file}`, import.meta.url).href);
/** Has one sandbox frozen and one at a call that does not end, and tells where they are. */
const owner = `
import { startLambda } from ${dist('start-lambda.js')};
import { call, deploy, testClient } from ${dist('test-client.js')};
const lambda = await startLambda();
const client = testClient(lambda);
const code = 'export const handler = async ({ hang }) => hang ? new Promise(() => setInterval(() => undefined, 1000)) : process.env.MEGALITH_TEST_HOST';
await deploy(client, lambda.role, { code, timeoutSeconds: 60 });
const [mark] = await Promise.all([call(client, 'f', {}), call(client, 'f', {})]);
call(client, 'f', { hang: true }).catch(() => undefined);
await new Promise(resolve => setTimeout(resolve, 100));
const pids = lambda.sandboxes().flatMap(({ processes }) => processes.map(({ pid }) => pid));
console.log(JSON.stringify({ mark: mark.payload, pids }));
setInterval(() => undefined, 1000);
`;

interface Traces {
  readonly folder: string;
  readonly processes: ReadonlyMap<number, string | undefined>;
}

async function startOwner() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', owner], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const { mark, pids } = JSON.parse(await firstLine(child)) as { mark: string; pids: number[] };
  const folder = join(tmpdir(), mark.split('/')[0]!);
  const named = processTable().filter(({ command }) => command.includes(folder));
  const processes = new Map([...pids, ...named.map(({ pid }) => pid)].map(pid => [pid, startTicks(pid)]));
  return { child, traces: { folder, processes } };
}

function left({ folder, processes }: Traces): string[] {
  const living = processTable(pid => processes.has(pid) && processes.get(pid) === startTicks(pid));
  const groups = existsSync('/sys/fs/cgroup/memory') ? readdirSync('/sys/fs/cgroup/memory') : [];
  return [
    ...(existsSync(folder) ? [folder] : []),
    ...living.map(({ pid, command }) => `${pid} ${command}`),
    ...groups.filter(name => name === basename(folder)),
  ];
}

async function allGone(traces: Traces): Promise<void> {
  await eventually('nothing is left', () => left(traces).length === 0, 10_000).catch(() => undefined);
  expect(left(traces)).toEqual([]);
}

test.each(['SIGKILL', 'SIGTERM'] as const)('nothing is left of sandboxes when their owner dies of %s', async signal => {
  const { child, traces } = await startOwner();
  expect(left(traces).length).toBeGreaterThanOrEqual(4);
  child.kill(signal);
  await allGone(traces);
});

test('nothing is left once they are closed, frozen or at a call', async () => {
  const lambda = await startLambda();
  const client = testClient(lambda);
  const code =
    'export const handler = async ({ hang }) => hang ? new Promise(() => setInterval(() => undefined, 1000)) : process.env.MEGALITH_TEST_HOST';
  await deploy(client, lambda.role, { code, timeoutSeconds: 60 });
  const [{ payload }] = await Promise.all([call(client, 'f'), call(client, 'f')]);
  const hung = call(client, 'f', { hang: true }).then(
    () => 'answered',
    () => 'cut off',
  );
  await eventually('one is at a call', () => lambda.sandboxes().some(({ state }) => state === 'busy'));
  const pids = lambda.sandboxes().flatMap(({ processes }) => processes.map(({ pid }) => pid));
  const traces: Traces = {
    folder: join(tmpdir(), String(payload).split('/')[0]!),
    processes: new Map(pids.map(pid => [pid, startTicks(pid)])),
  };
  expect(left(traces).length).toBeGreaterThanOrEqual(4);
  await lambda.close();
  expect(await hung).toBe('cut off');
  expect(left(traces)).toEqual([]);
  await lambda.close();
});

test('idle sandboxes end by themselves', async () => {
  await using lambda = await startLambda({ idleMs: 100 });
  const client = testClient(lambda);
  await deploy(client, lambda.role, {});
  await call(client, 'f');
  expect(lambda.sandboxes()).toHaveLength(1);
  await eventually('it has ended', () => lambda.sandboxes().length === 0);
});
