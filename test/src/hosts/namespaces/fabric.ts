import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { eventually, within } from '../../conformance/eventually.js';
import { firstLine } from '../first-line.js';
import { run, runOrThrow } from '../run.js';

/** Where a host stands in the network: `outer` reaches this machine, `inner` only the first host. */
export interface Plug {
  readonly network: 'outer' | 'inner';
  /** 1 for the first host. */
  readonly number: number;
}

/** The network between this machine and its hosts: namespaces that end with their first process. */
export interface Fabric {
  /** The first process of the fabric, as this machine numbers it. */
  readonly pid: number;
  addressOf(plug: Plug): string;
  /** A second address that a host can have for as long as it is plugged in, as clouds lend them. */
  publicAddressOf(number: number): string;
  /** From now on `metadataAddress` is in the fabric's own network, for a server there: hosts with a public address reach it. */
  takeMetadataAddress(): Promise<void>;
  /** Connects a host's namespace, where the plug gets the name `device`. Tells the host of its peers in that network. */
  plugIn(plug: Plug, hostPid: number, device: string, peers: readonly Plug[], publicNumber?: number): Promise<void>;
  /** Removes the cable of a host that is dead. */
  unplug(plug: Plug): Promise<void>;
  /** Whether the far end passes packets on, which its host does not see. */
  setForwarding(plug: Plug, on: boolean): Promise<void>;
  /** Whether the cable has a signal. */
  setLink(plug: Plug, on: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Shell scripts stand in `src`, next to this file's source, wherever this file runs from. */
export const scripts = fileURLToPath(new URL('../../../src/hosts/namespaces/', import.meta.url));

const prefixes = { outer: '10.213', inner: '10.214', public: '10.215' } as const;
const firstAddress = 10;
/** The highest number of a plug, and of a public address. */
export const lastNumber = 254 - firstAddress;
/** Where clouds answer what a machine is. */
export const metadataAddress = '169.254.169.254';

/** Opens a network of its own; a free one of 10.213.0.0/24 … 10.213.255.0/24 is taken. */
export async function openFabric(folder: string): Promise<Fabric> {
  const args = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
  const child = spawn('unshare', [...args, 'sh', `${scripts}fabric.sh`, folder], { stdio: ['pipe', 'pipe', 'pipe'] });
  const pid = await firstLine(child).then(Number);
  const subnet = await takeSubnet(pid);
  const uplink = linkName(subnet);
  const link = linkNumber(uplink);
  const addressOf = ({ network, number }: Plug) => `${prefixes[network]}.${subnet}.${firstAddress + number}`;
  const publicAddressOf = (number: number) => `${prefixes.public}.${subnet}.${firstAddress + number}`;
  const portOf = ({ network, number }: Plug) => `${network}${number}`;
  const inFabric = ['--target', String(pid), '--net', '--'];

  let closing = false;

  return {
    pid,
    addressOf,
    publicAddressOf,
    async takeMetadataAddress() {
      await batch(pid, [
        `addr add ${metadataAddress}/32 dev outer`,
        `route add ${prefixes.outer}.${subnet}.0/24 dev outer src ${metadataAddress}`,
      ]);
    },
    async plugIn(plug, hostPid, device, peers, publicNumber) {
      const port = portOf(plug);
      const lent = publicNumber === undefined ? [] : [publicAddressOf(publicNumber)];
      await batch(pid, [
        `link add name ${port} type veth peer name ${device} address ${hardwareAddress(subnet, plug)} netns ${hostPid}`,
        `link set ${port} master ${plug.network} up`,
      ]);
      // Neighbours are told once and for ever: a silent network must not show by unanswered questions for an address.
      await batch(hostPid, [
        'link set lo up',
        `addr add ${addressOf(plug)}/24 dev ${device}`,
        `link set ${device} up`,
        ...(plug.network === 'outer' ? [neighbour(gateway(subnet), hardwareOfGateway(subnet), device)] : []),
        ...peers.map(peer => neighbour(addressOf(peer), hardwareAddress(subnet, peer), device)),
        ...lent.flatMap(address => [
          `addr add ${address}/24 dev ${device}`,
          `route add ${metadataAddress} dev ${device}`,
        ]),
      ]);
      if (plug.network === 'outer') {
        const own = [addressOf(plug), ...lent];
        const input = own.map(address => `${neighbour(address, hardwareAddress(subnet, plug), uplink)}\n`).join('');
        await runOrThrow('ip', ['-batch', '-'], { input });
      }
    },
    async unplug(plug) {
      if (closing) return;
      // The kernel removes it too, some time after the host's end.
      await run('nsenter', [...inFabric, 'ip', 'link', 'del', portOf(plug)]);
    },
    async setForwarding(plug, on) {
      await runOrThrow('nsenter', [...inFabric, 'bridge', 'link', 'set', 'dev', portOf(plug), 'state', on ? '3' : '0']);
    },
    async setLink(plug, on) {
      await runOrThrow('nsenter', [...inFabric, 'ip', 'link', 'set', portOf(plug), on ? 'up' : 'down']);
    },
    async close() {
      closing = true;
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      child.stdin.end();
      if (ended !== undefined) await within(10_000, 'the end of the hosts’ network', ended);
      // Not before: the end of the hosts' connections has to reach their clients. The kernel would do it too, some time later.
      if (linkNumber(uplink) === link) await run('ip', ['link', 'del', uplink]);
      // The name may be another program's by then; the number is not.
      await eventually('the link to the hosts is gone', () => linkNumber(uplink) !== link);
    },
  };
}

/** What the kernel calls a link, as long as it lives. */
function linkNumber(name: string): string | undefined {
  try {
    return readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // EINVAL: it went while it was read.
    if (code === 'ENOENT' || code === 'EINVAL') return undefined;
    throw error;
  }
}

/** The name of the link is the lock: two programs cannot both make it. */
async function takeSubnet(fabricPid: number): Promise<number> {
  for (let subnet = 0; subnet < 256; subnet += 1) {
    if (taken(subnet)) continue;
    const uplink = linkName(subnet);
    const made = `link add name ${uplink} address ${hardwareOfGateway(subnet)} type veth peer name uplink netns ${fabricPid}`;
    if ((await run('ip', made.split(' '))).code !== 0) continue;
    await runOrThrow('ip', ['addr', 'add', `${gateway(subnet)}/24`, 'dev', uplink]);
    await runOrThrow('ip', ['addr', 'add', `${prefixes.public}.${subnet}.1/24`, 'dev', uplink]);
    await runOrThrow('ip', ['link', 'set', uplink, 'up']);
    await batch(fabricPid, ['link set uplink master outer up']);
    return subnet;
  }
  throw new Error('no network for hosts could be made: see what `ip link add mgh0 type veth` says');
}

function taken(subnet: number): boolean {
  const own = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? []);
  return own.some(({ address }) => address.startsWith(`${prefixes.outer}.${subnet}.`));
}

/** Runs lines of `ip -batch` in the network of a process. */
async function batch(pid: number, lines: readonly string[]): Promise<void> {
  const input = `${lines.join('\n')}\n`;
  await runOrThrow('nsenter', ['--target', String(pid), '--net', '--', 'ip', '-batch', '-'], { input });
}

function linkName(subnet: number): string {
  return `mgh${subnet}`;
}

function gateway(subnet: number): string {
  return `${prefixes.outer}.${subnet}.1`;
}

function neighbour(address: string, hardware: string, device: string): string {
  return `neigh replace ${address} lladdr ${hardware} dev ${device} nud permanent`;
}

function hardwareAddress(subnet: number, { network, number }: Plug): string {
  return `02:d5:${hex(subnet)}:${network === 'outer' ? '00' : '01'}:00:${hex(firstAddress + number)}`;
}

function hardwareOfGateway(subnet: number): string {
  return `02:d5:${hex(subnet)}:00:00:01`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
