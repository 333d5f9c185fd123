import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parsedJson, unlessMissingSync, writeFileAtomically } from '@megalith/agent';
import type { HostFacts } from '../inventory/host-entry.js';
import { hasFields } from './has-fields.js';

/** What a client remembers of a host: it saves a look, and is trusted for nothing else. */
export interface RememberedHost {
  readonly formatVersion: 1;
  /** Where and as whom it was reached, and in which folder: a changed entry makes the rest worthless. */
  readonly place: string;
  readonly agentHash: string;
  readonly folder: string;
  readonly socketPath: string;
  readonly nodePath: string;
  readonly facts: HostFacts;
  /** ISO 8601. */
  readonly seenAt: string;
}

/** Undefined where nothing is remembered, or what is there is not ours to read: then the host is asked again. */
export function recallHost(home: string, id: string): RememberedHost | undefined {
  const text = unlessMissingSync(() => readFileSync(hostPath(home, id), 'utf8'));
  const found = text === undefined ? undefined : parsedJson(text);
  return isRememberedHost(found) ? found : undefined;
}

/** Writes `machines/ID.json` below the client's home, whole or not at all, for the owner only. */
export async function rememberHost(home: string, id: string, host: RememberedHost): Promise<void> {
  await mkdir(join(home, 'machines'), { recursive: true, mode: 0o700 });
  await writeFileAtomically(hostPath(home, id), `${JSON.stringify(host, undefined, 2)}\n`);
}

/** An id comes from the inventory and becomes a file's name: what is not plain is escaped. */
function hostPath(home: string, id: string): string {
  return join(home, 'machines', `${encodeURIComponent(id)}.json`);
}

const texts = {
  place: 'string',
  agentHash: 'string',
  folder: 'string',
  socketPath: 'string',
  nodePath: 'string',
  seenAt: 'string',
} as const;
const facts = {
  cpus: 'number',
  usableMemoryBytes: 'number',
  diskFreeBytes: 'number',
  arch: 'string',
  os: 'string',
} as const;
const libcs: ReadonlySet<unknown> = new Set<HostFacts['libc']>(['glibc', 'musl', 'unknown']);
const cgroups: ReadonlySet<unknown> = new Set<HostFacts['cgroup']>(['v2', 'v1', 'none']);

function isRememberedHost(value: unknown): value is RememberedHost {
  if (!hasFields(value, { formatVersion: 'number', ...texts }) || value.formatVersion !== 1) return false;
  return 'facts' in value && isHostFacts(value.facts);
}

function isHostFacts(value: unknown): value is HostFacts {
  if (!hasFields(value, facts)) return false;
  const { libc, libcVersion, node, cgroup } = value as Readonly<Record<string, unknown>>;
  if (!libcs.has(libc) || !cgroups.has(cgroup)) return false;
  if (libcVersion !== undefined && typeof libcVersion !== 'string') return false;
  return node === undefined || hasFields(node, { version: 'string', path: 'string' });
}
