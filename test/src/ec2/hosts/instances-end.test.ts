import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../conformance/eventually.js';
import { controlGroups } from '../../hosts/control-groups.js';
import { firstLine } from '../../hosts/first-line.js';
import { linkIndex } from '../../hosts/link-index.js';
import { processTable, signalTo, startTicks } from '../../hosts/process-table.js';
import { instanceImage } from './instance-image.js';
import { bootSpec, connected, instanceKinds, newLogin, openInstances, told } from './instances.fixture.js';
import { type InstanceHostKind, instanceHostsCan } from './start-instance-hosts.js';

/** What an owner of hosts leaves on this machine: folders, links, processes, control groups. */
interface Traces {
  readonly folders: readonly string[];
  readonly links: readonly string[];
  readonly processes: ReadonlyMap<number, string | undefined>;
  readonly groups: readonly string[];
}

/** Starts instances with something running in one of them and one that is stopped, and waits. */
const owner = `
import { startInstanceHosts } from ${JSON.stringify(new URL('../../../dist/ec2/hosts/start-instance-hosts.js', import.meta.url).href)};
import { untilGreeted } from ${JSON.stringify(new URL('../../../dist/hosts/banner.js', import.meta.url).href)};
const [kind, ...specs] = process.argv.slice(1);
const hosts = await startInstanceHosts({ kind });
const booted = await Promise.all(specs.map(spec => hosts.boot(JSON.parse(spec))));
await Promise.all(booted.map(host => untilGreeted(host.privateAddress, host.port)));
await booted[0].powerOff();
const exec = booted[1].machine?.exec ?? (async () => undefined);
await exec('(setsid sh -c "trap : TERM HUP INT; while :; do sleep 600; done" >/dev/null 2>&1 &)');
console.log(booted.map(host => host.privateAddress).join(' '));
setInterval(() => undefined, 1000);
`;

function tracesOf(pid: number): Traces {
  const mark = `mgh-${pid}-`;
  const table = processTable();
  const roots = new Set(table.filter(({ command }) => command.includes(`/${mark}`)).map(entry => entry.pid));
  for (let size = -1; size !== roots.size; ) {
    size = roots.size;
    for (const entry of table) if (roots.has(entry.parent)) roots.add(entry.pid);
  }
  const links = readdirSync('/sys/class/net').filter(name => name.startsWith('mgh'));
  return {
    folders: readdirSync('/tmp')
      .filter(name => name.startsWith(mark))
      .map(name => `/tmp/${name}`),
    links: links.map(name => `${name} ${linkIndex(name)}`),
    processes: new Map([...roots].map(each => [each, startTicks(each)])),
    groups: controlGroups().filter(name => name.startsWith(mark)),
  };
}

function left({ folders, links, processes, groups }: Traces): string[] {
  return [
    ...folders.filter(folder => existsSync(folder)),
    ...controlGroups().filter(name => groups.includes(name)),
    ...links.filter(link => link.endsWith(` ${linkIndex(link.split(' ')[0]!)}`)),
    ...processTable().flatMap(({ pid, command }) =>
      command !== '' && processes.has(pid) && processes.get(pid) === startTicks(pid) ? [`${pid} ${command}`] : [],
    ),
  ];
}

async function ownerOf(kind: InstanceHostKind) {
  const specs = [bootSpec(), bootSpec(), bootSpec()].map(spec => JSON.stringify(spec));
  const child = spawn(process.execPath, ['--input-type=module', '-e', owner, kind, ...specs], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const addresses = await firstLine(child);
  // Links of other tests come and go meanwhile.
  const own = new Set(
    addresses
      .split(' ')
      .flatMap(address => /^10\.213\.(\d+)\./.exec(address)?.[1] ?? [])
      .map(subnet => `mgh${subnet}`),
  );
  const traces = tracesOf(child.pid!);
  return { child, traces: { ...traces, links: traces.links.filter(link => own.has(link.split(' ')[0]!)) } };
}

/** What the network between the hosts of this test holds. */
function inFabric() {
  const mark = `/mgh-${process.pid}-`;
  const { pid } = processTable().find(({ command }) => command.startsWith('sh ') && command.includes(mark))!;
  const cables = readFileSync(`/proc/${pid}/net/dev`, 'utf8').match(/outer\d+:/g) ?? [];
  return { disks: readdirSync(`/proc/${pid}/root/mnt`).length, cables: cables.length };
}

const kinds = [...instanceKinds, ...(instanceImage() === undefined ? [] : (['nspawn'] as const))];

describe.each(kinds)('of instances on hosts of kind %s nothing is left', kind => {
  test.each(['SIGKILL', 'SIGTERM'] as const)('when their owner dies of %s', async signal => {
    const { child, traces } = await ownerOf(kind);
    expect(traces.processes.size).toBeGreaterThanOrEqual(4);
    expect(traces.folders.length).toBeGreaterThanOrEqual(1);
    expect(traces.groups.length > 0).toBe(kind === 'nspawn');
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    // The disks on 127.0.0.x are swept by who starts hosts next.
    await openInstances({ kind });
    await eventually('nothing is left', () => left(traces).length === 0, 10_000).catch(() => undefined);
    expect(left(traces)).toEqual([]);
  });

  test('when each is destroyed, even while the others live', async () => {
    const hosts = await openInstances({ kind });
    const login = newLogin();
    const host = await hosts.boot(bootSpec({ publicKey: login.publicKey }));
    const session = await connected(host, login);
    const { out } = await told(session, 'setsid sh -c "sleep 601; true" </dev/null >/dev/null 2>&1 & echo "$HOME"');
    const sleeps = () => processTable().filter(({ command }) => command === 'sleep 601');
    const found = await eventually('it sleeps', () => sleeps().length > 0 && sleeps());
    const here = host.machine?.pathHere(out.trim()) ?? out.trim();
    expect(existsSync(here)).toBe(true);
    const other = await hosts.boot(bootSpec({ publicKey: login.publicKey }));
    await host.destroy();
    expect(existsSync(here)).toBe(false);
    if (instanceHostsCan(kind, 'network')) expect(inFabric()).toEqual({ disks: 1, cables: 1 });
    expect(sleeps().filter(({ pid }) => found.some(entry => entry.pid === pid))).toEqual([]);
    (await connected(other, login)).client.end();
    session.client.destroy();
    for (const { pid } of sleeps()) signalTo(pid, 'SIGKILL');
  });

  test('when they are closed as they boot', async () => {
    const hosts = await openInstances({ kind, plan: () => ({ delayMs: 3_600_000 }) });
    const boots = [bootSpec(), bootSpec()].map(spec => hosts.boot(spec));
    await hosts.close();
    expect((await Promise.allSettled(boots)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    expect(processTable().filter(({ command }) => command.includes(`/mgh-${process.pid}-`))).toEqual([]);
    expect(readdirSync('/tmp').filter(name => name.startsWith(`mgh-${process.pid}-`))).toEqual([]);
    await expect(hosts.boot(bootSpec())).rejects.toThrow('the hosts are closed');
  });
});
