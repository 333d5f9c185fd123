import { randomBytes } from 'node:crypto';
import type { HostFacts } from '../inventory/host-entry.js';
import type { SshSession } from '../ssh/ssh-session.js';
import { Dialogue } from './dialogue.js';
import { readFailure } from './far-side-failure.js';
import { lookScript } from './far-side-script.js';
import { readHostFacts } from './host-facts.js';

export interface LookOptions {
  /** Megalith's folder there: absolute, or relative to the user's home. @defaultValue `.megalith` */
  readonly folder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An agent that was found serving. */
export interface FoundAgent {
  readonly socketPath: string;
  /** Megalith's folder, absolute. */
  readonly folder: string;
  /** Undefined where the host has no Node that we may use. */
  readonly nodePath: string | undefined;
}

export const defaultFolder = '.megalith';
/** A shell that says nothing for this long waits for something that will not come, milliseconds. */
export const silenceMs = 60_000;

/**
 * Says what a host is: processors, memory, disk, arch, libc, Node, cgroup. One exec; nothing is written or started.
 * @throws MegalithError SSH_FAILED; BOOTSTRAP_FAILED with `details.layer`; CANCELLED
 */
export async function probeHost(session: SshSession, options: LookOptions = {}): Promise<HostFacts> {
  return readHostFacts(await look(session, options, { facts: true }));
}

/**
 * The agent of a hash that serves on a host; undefined for none. One exec; nothing is written or started.
 * @throws MegalithError as `probeHost`
 */
export async function findAgent(
  session: SshSession,
  hash: string,
  options: LookOptions = {},
): Promise<FoundAgent | undefined> {
  const lines = await look(session, options, { facts: false, hash });
  const socketPath = lines.get('agent')?.[0];
  const folder = lines.get('folder')?.[0];
  if (socketPath === undefined || folder === undefined) return undefined;
  return { socketPath, folder, nodePath: lines.get('node')?.[0]?.split('\t')[0] };
}

async function look(
  session: SshSession,
  { folder = defaultFolder, signal }: LookOptions,
  what: { readonly facts: boolean; readonly hash?: string },
): Promise<ReadonlyMap<string, readonly string[]>> {
  const marker = randomBytes(12).toString('hex');
  const script = lookScript({ marker, folder, installedNode: true, ...what });
  const dialogue = await Dialogue.open(session, script, { marker, signal });
  try {
    const lines = new Map<string, string[]>();
    for (;;) {
      const [key = '', ...values] = await dialogue.next(silenceMs);
      if (key === 'end') return lines;
      if (key === 'fail') throw readFailure(session, values);
      lines.set(key, [...(lines.get(key) ?? []), values.join('\t')]);
    }
  } finally {
    dialogue.close();
  }
}
