import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { MachineOptions, Retention } from '@megalith/agent';
import type { HostFacts } from '../inventory/host-entry.js';
import type { SshSession } from '../ssh/ssh-session.js';
import { type AgentFile, readAgentFile } from './agent-file.js';
import { bootstrapFailure } from './bootstrap-failure.js';
import { deliverNode } from './deliver-node.js';
import { Dialogue } from './dialogue.js';
import { readFailure } from './far-side-failure.js';
import { bootstrapScript } from './far-side-script.js';
import { readHostFacts } from './host-facts.js';
import { defaultFolder, silenceMs } from './look-at-host.js';
import type { NodeSources } from './node-sources.js';
import { openRelay } from './relay.js';
import { readServingLine } from './serving-line.js';

/** What an agent is told of a machine that was made on demand. */
export type MachineRules = Pick<
  MachineOptions,
  | 'atEnd'
  | 'keepResultsMs'
  | 'shutdownCommand'
  | 'expiresAt'
  | 'drainBeforeEndMs'
  | 'leaseNeeded'
  | 'spot'
  | 'metadataUrl'
>;

export interface BootstrapOptions {
  /** The agent's one file, on this machine. */
  readonly agentFile: string;
  /** Megalith's one folder there: absolute, or relative to the user's home. @defaultValue `.megalith` */
  readonly folder?: string | undefined;
  /** What the agent may use. @defaultValue all that the host has */
  readonly capacity?: { readonly cpus?: number | undefined; readonly memoryBytes?: number | undefined };
  /** An agent without work ends itself after this time, milliseconds. @defaultValue 600,000 */
  readonly idleMs?: number | undefined;
  /** What the agent keeps of jobs that are over. @defaultValue see `defaultRetention` */
  readonly retention?: Retention | undefined;
  /** What else an agent is told that has to be started: how its machine ends, who may use it. @defaultValue nothing */
  readonly machine?: MachineRules | undefined;
  /** What is known of the host already, so that it is not asked again. */
  readonly facts?: HostFacts | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly nodeSources?: NodeSources | undefined;
}

export interface BootstrappedAgent {
  /** The agent's socket on the host. */
  readonly socketPath: string;
  /** Megalith's folder there, absolute. */
  readonly folder: string;
  readonly nodePath: string;
  readonly facts: HostFacts;
  /** What the agent's folder is called: the first 16 digits of the file's SHA-256. */
  readonly hash: string;
  /** A stream to the agent through a command of the host, for servers that forward no sockets. */
  openRelay(): Promise<Duplex>;
}

/**
 * Makes a host ready and its agent serve: folder, agent file, Node, daemon, each only where it is missing. Idempotent, and
 * safe when others do the same at once. One exec; what is missing is sent within it.
 * @throws MegalithError SSH_FAILED; BOOTSTRAP_FAILED with `details.layer` `'disk'`, `'exec'` or `'node'`; CANCELLED
 */
export async function bootstrapAgent(session: SshSession, options: BootstrapOptions): Promise<BootstrappedAgent> {
  const { nodeSources = {}, signal } = options;
  const agent = await readAgentFile(options.agentFile);
  const marker = randomBytes(12).toString('hex');
  const script = bootstrapScript(
    {
      marker,
      folder: options.folder ?? defaultFolder,
      hash: agent.hash,
      installedNode: nodeSources.installed ?? true,
      facts: options.facts === undefined,
    },
    {
      digest: agent.digest,
      bytes: agent.bytes.length,
      tag: randomBytes(6).toString('hex'),
      settings: settingsOf(options),
    },
  );
  const dialogue = await Dialogue.open(session, script, { marker, signal });
  try {
    return await converse(dialogue, session, agent, options);
  } finally {
    dialogue.close();
  }
}

/** Listens to the far side, and sends what it asks for. */
async function converse(
  dialogue: Dialogue,
  session: SshSession,
  agent: AgentFile,
  { facts: known, nodeSources = {} }: BootstrapOptions,
): Promise<BootstrappedAgent> {
  const said = new Map<string, string[]>();
  const facts = (): HostFacts => {
    const found = readHostFacts(said);
    return known === undefined ? found : { ...known, ...(found.node === undefined ? {} : { node: found.node }) };
  };
  let line = await dialogue.next(silenceMs);
  for (;;) {
    const [key = '', ...values] = line;
    const text = values.join('\t');
    switch (key) {
      case 'fail':
        throw readFailure(session, values);
      case 'serving':
        return agentOf(session, agent, said, facts(), text);
      case 'need':
        line = await deliverNode(dialogue, session, facts(), nodeSources, said.get('refused')?.at(-1));
        continue;
      case 'send':
        dialogue.send(agent.bytes);
        break;
      default:
        said.set(key, [...(said.get(key) ?? []), text]);
    }
    line = await dialogue.next(silenceMs);
  }
}

function agentOf(
  session: SshSession,
  agent: AgentFile,
  said: ReadonlyMap<string, readonly string[]>,
  facts: HostFacts,
  serving: string,
): BootstrappedAgent {
  const folder = said.get('folder')?.[0];
  const nodePath = said.get('node')?.[0]?.split('\t')[0];
  if (folder === undefined || nodePath === undefined) {
    throw bootstrapFailure(session, 'exec', 'its shell left out a part of what it was to say');
  }
  const { socket: socketPath } = readServingLine(session, serving);
  const agentPath = `${folder}/agents/${agent.hash}/agent.mjs`;
  return {
    socketPath,
    folder,
    nodePath,
    facts,
    hash: agent.hash,
    openRelay: () => openRelay(session, { nodePath, agentPath, socketPath }),
  };
}

/** Members of the daemon's settings after its home, each led by a comma. */
function settingsOf({ capacity = {}, idleMs = 600_000, retention, machine }: BootstrapOptions): string {
  const { cpus, memoryBytes } = capacity;
  const settings = { ...machine, idleMs, cpus, memoryBytes, retention };
  return JSON.stringify(settings).replace(/^\{/, ',').replace(/\}$/, '');
}
