import type { HostFacts } from '../inventory/host-entry.js';

/** What kernel and hypervisor take, as for the agent's own reckoning (`agent/src/memory/usable-memory.ts`): Karpenter's 7.5 %. */
const usableShare = 0.925;
/** cgroup v1 says 2^63 less a page where there is no limit. */
const noLimit = 2 ** 62;

/** What the far side's script says about the host, line by line. */
export type FactLines = ReadonlyMap<string, readonly string[]>;

/** Reads what the far side said; what it could not say is 0 or unknown. */
export function readHostFacts(lines: FactLines): HostFacts {
  const libc = readLibc(lines.get('libc')?.[0] ?? '');
  const [path, version] = lines.get('node')?.[0]?.split('\t') ?? [];
  return {
    cpus: readCpus(lines),
    usableMemoryBytes: readMemory(lines),
    diskFreeBytes: readNumber(lines.get('diskFreeKib')?.[0]) * 1024,
    arch: nodeArch(lines.get('arch')?.[0] ?? ''),
    ...libc,
    ...(path === undefined || version === undefined ? {} : { node: { version, path } }),
    cgroup: readCgroup(lines.get('cgroup')?.[0]),
    os: lines.get('os')?.[0] ?? 'unknown',
  };
}

/** At least 1; a quota may make it a fraction. Each quota is `quota period`; `max` and -1 are none. */
function readCpus(lines: FactLines): number {
  const quotas = (lines.get('cpuQuota') ?? []).map(text => {
    const [quota = Number.NaN, period = Number.NaN] = text.split(' ').map(Number);
    return quota / period;
  });
  const processors = readNumber(lines.get('cpus')?.[0]) || 1;
  return Math.max(1, Math.min(processors, ...quotas.filter(quota => quota > 0)));
}

function readMemory(lines: FactLines): number {
  const limits = (lines.get('memoryLimit') ?? []).map(Number).filter(bytes => bytes > 0 && bytes < noLimit);
  return Math.floor(Math.min(readNumber(lines.get('memoryKib')?.[0]) * 1024, ...limits) * usableShare);
}

function readNumber(text: string | undefined): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;
}

/** Of `glibc 2.36`, `musl libc (x86_64) Version 1.2.3`, `ldd (Debian GLIBC 2.36-9) 2.36` or whatever `ldd` says. */
function readLibc(text: string): Pick<HostFacts, 'libc' | 'libcVersion'> {
  const libc = /musl/.test(text) ? 'musl' : /glibc|gnu libc/i.test(text) ? 'glibc' : 'unknown';
  const version = libc === 'unknown' ? undefined : /\d+\.\d+(\.\d+)?/.exec(text)?.[0];
  return { libc, ...(version === undefined ? {} : { libcVersion: version }) };
}

function readCgroup(text: string | undefined): HostFacts['cgroup'] {
  return text === 'v2' || text === 'v1' ? text : 'none';
}

/** Node's word for what `uname -m` says; others stay as they are. */
function nodeArch(machine: string): string {
  switch (machine) {
    case 'x86_64':
    case 'amd64':
      return 'x64';
    case 'aarch64':
    case 'arm64':
      return 'arm64';
    default:
      return machine;
  }
}
