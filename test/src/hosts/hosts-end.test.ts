import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually, within } from '../conformance/eventually.js';
import { firstLine } from './first-line.js';
import { availableKinds } from './host-kinds.js';
import { linkIndex } from './link-index.js';
import { processTable, signalTo, startTicks } from './process-table.js';
import { ssh2Connect } from './ssh-clients.js';
import { startHosts } from './start-hosts.js';
import type { HostKind } from './test-host.js';

/** What must be gone afterwards. */
interface Traces {
  readonly folder: string;
  /** The index of a link is never used again. */
  readonly links: readonly string[];
  /** Pids of this machine, and when each of them started. */
  readonly processes: ReadonlyMap<number, string | undefined>;
}

const kinds = await availableKinds();

/** Starts hosts with something running on each that does not want to end, and tells its traces. */
const owner = `
import { startHosts } from ${JSON.stringify(new URL('../../dist/hosts/start-hosts.js', import.meta.url).href)};
const hosts = await startHosts(2, { kind: process.argv[1] });
const stubborn = 'trap "" TERM HUP INT; (setsid sh -c "trap \\\\"\\\\" TERM HUP INT; sleep 600; sleep 600" >/dev/null 2>&1 &)';
for (const host of hosts) await host.exec(stubborn);
const pids = hosts.all.flatMap(host => host.processes().map(({ pidHere }) => pidHere));
const addresses = hosts.all.map(({ address }) => address);
console.log(JSON.stringify({ identityFile: hosts.first.identityFile, pids, addresses }));
setInterval(() => undefined, 1000);
`;

async function startOwner(kind: HostKind) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', owner, kind], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const told = JSON.parse(await firstLine(child));
  return { child, traces: tracesOf(told.identityFile, told.pids, told.addresses) };
}

function tracesOf(identityFile: string, pids: readonly number[], addresses: readonly string[]): Traces {
  const folder = dirname(identityFile);
  const named = processTable()
    .filter(({ command }) => command.includes(folder))
    .map(({ pid }) => pid);
  const subnets = addresses.flatMap(address => /^10\.213\.(\d+)\./.exec(address)?.[1] ?? []);
  const links = subnets.map(subnet => indexOf(`mgh${subnet}`));
  return { folder, links, processes: new Map([...pids, ...named].map(pid => [pid, startTicks(pid)])) };
}

function linkIndexes(): string[] {
  const names = readdirSync('/sys/class/net').filter(name => name.startsWith('mgh'));
  return names.map(indexOf);
}

function indexOf(link: string): string {
  return `link ${linkIndex(link)}`;
}

/** Those that have died but not yet been waited for have no command any more. */
function isOneOf(processes: Traces['processes'], pid: number, command: string): boolean {
  return command !== '' && processes.has(pid) && processes.get(pid) === startTicks(pid);
}

function left({ folder, links, processes }: Traces): string[] {
  return [
    ...(existsSync(folder) ? [folder] : []),
    ...linkIndexes().filter(index => links.includes(index)),
    ...processTable()
      .filter(({ pid, command }) => command.includes(folder) || isOneOf(processes, pid, command))
      .map(({ pid, command }) => `${pid} ${command}`),
  ];
}

async function allGone(traces: Traces): Promise<void> {
  await eventually('nothing is left', () => left(traces).length === 0, 10_000).catch(() => undefined);
  expect(left(traces)).toEqual([]);
}

describe.each(kinds)('of hosts of kind %s nothing is left', kind => {
  test('once they are closed, as the first thing after', async () => {
    const hosts = await startHosts(2, { kind });
    for (const host of hosts) await host.exec('setsid sleep 600 </dev/null >/dev/null 2>&1 &');
    const pids = hosts.all.flatMap(host => host.processes().map(({ pidHere }) => pidHere));
    const addresses = hosts.all.map(({ address }) => address);
    const traces = tracesOf(hosts.first.identityFile, pids, addresses);
    expect(traces.processes.size).toBeGreaterThanOrEqual(3);
    expect(traces.links.length).toBe(kind === 'namespaces' ? 2 : 0);
    expect(left(traces).length).toBeGreaterThanOrEqual(4);
    await hosts.close();
    expect(left(traces)).toEqual([]);
    await hosts.close();
  });

  test('of the connections of their clients either', async () => {
    const hosts = await startHosts(1, { kind });
    const { isClosed } = await ssh2Connect(hosts.first);
    await hosts.close();
    await eventually('the client knows', isClosed, 5_000);
  });

  test('when they are frozen and closed', async () => {
    const hosts = await startHosts(1, { kind });
    await hosts.first.exec('setsid sleep 600 </dev/null >/dev/null 2>&1 &');
    const traces = tracesOf(
      hosts.first.identityFile,
      hosts.first.processes().map(({ pidHere }) => pidHere),
      [hosts.first.address],
    );
    await hosts.first.faults.freeze();
    await hosts.close();
    expect(left(traces)).toEqual([]);
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)('when their owner dies of %s', async signal => {
    const { child, traces } = await startOwner(kind);
    expect(left(traces).length).toBeGreaterThanOrEqual(4);
    child.kill(signal);
    await allGone(traces);
  });

  test('when owner and guard were killed and others start hosts', async () => {
    const { child, traces } = await startOwner(kind);
    const guards = processTable().filter(({ command }) => /guard-process|fabric\.sh/.test(command));
    child.kill('SIGSTOP');
    for (const { pid, command } of guards) if (command.includes(traces.folder)) signalTo(pid, 'SIGKILL');
    child.kill('SIGKILL');
    await within(5_000, 'the end of the owner', once(child, 'close'));
    expect(existsSync(traces.folder)).toBe(true);
    await using hosts = await startHosts(1, { kind });
    expect((await hosts.first.exec('true')).code).toBe(0);
    await allGone(traces);
  });
});

test('hosts of a living owner are left alone by others that start some', async () => {
  await using first = await startHosts(1);
  await using second = await startHosts(1, { kind: first.kind });
  expect(second.first.identityFile).not.toBe(first.first.identityFile);
  expect(existsSync(first.first.identityFile)).toBe(true);
  for (const { first: host } of [first, second]) expect((await host.exec('echo here')).stdout).toBe('here\n');
});
