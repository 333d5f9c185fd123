import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@megalith/agent';
import { z } from 'zod';

const hostFacts = z.object({
  cpus: z.number(),
  usableMemoryBytes: z.number(),
  diskFreeBytes: z.number(),
  arch: z.string(),
  libc: z.enum(['glibc', 'musl', 'unknown']),
  libcVersion: z.string().exactOptional(),
  node: z.object({ version: z.string(), path: z.string() }).exactOptional(),
  cgroup: z.enum(['v2', 'v1', 'none']),
  os: z.string(),
});

const rememberedHost = z.object({
  formatVersion: z.literal(1),
  /** Where and as whom it was reached, and in which folder: a changed entry makes the rest worthless. */
  place: z.string(),
  agentHash: z.string(),
  folder: z.string(),
  socketPath: z.string(),
  nodePath: z.string(),
  facts: hostFacts,
  /** ISO 8601. */
  seenAt: z.string(),
});

/** What a client remembers of a host: it saves a look, and is trusted for nothing else. */
export type RememberedHost = Readonly<z.infer<typeof rememberedHost>>;

/** Undefined where nothing is remembered, or what is there is not ours to read: then the host is asked again. */
export function recallHost(home: string, id: string): RememberedHost | undefined {
  let text: string;
  try {
    text = readFileSync(hostPath(home, id), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const found = rememberedHost.safeParse(parsed(text));
  return found.success ? found.data : undefined;
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

/** Undefined for what is not JSON: such a file is written anew. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
