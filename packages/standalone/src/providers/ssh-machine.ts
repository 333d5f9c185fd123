import type { Duplex } from 'node:stream';
import { isMegalithError, MegalithError, type Retention } from '@megalith/agent';
import { readAgentFile } from '../bootstrap/agent-file.js';
import { bootstrapAgent, type MachineRules } from '../bootstrap/bootstrap-agent.js';
import { findAgent } from '../bootstrap/look-at-host.js';
import type { NodeSources } from '../bootstrap/node-sources.js';
import { openRelay } from '../bootstrap/relay.js';
import { type RememberedHost, recallHost, rememberHost } from '../bootstrap/remembered-host.js';
import type { HostEntry, HostFacts } from '../inventory/host-entry.js';
import type { AgentRoute, Machine, ReachOptions, Shape } from '../machine.js';
import type { ConnectOptions, SshSession, SshTarget } from '../ssh/ssh-session.js';
import { openWhileWanted, routeOver } from './agent-route.js';

export interface SshMachineOptions {
  /** Whom to connect to, keys and jump hosts included; asked once for each route. */
  readonly target: () => Promise<SshTarget>;
  readonly connect: (target: SshTarget, options: ConnectOptions) => Promise<SshSession>;
  /** The client's own folder: what is known of hosts is remembered there. */
  readonly home: string;
  /** The agent's one file, on this machine. */
  readonly agentFile: string;
  /** An agent without work ends itself after this time, milliseconds. @defaultValue 600,000 */
  readonly idleMs?: number | undefined;
  /** What agents keep of jobs that are over. */
  readonly retention?: Retention | undefined;
  /** What an agent is told of a machine that was made on demand. */
  readonly machine?: MachineRules | undefined;
  readonly nodeSources?: NodeSources | undefined;
}

/** A host of the inventory, reached by SSH. Nothing is opened before `reach`; each route has a session of its own. */
export function createSshMachine(entry: HostEntry, options: SshMachineOptions): Machine {
  const id = `ssh:${entry.name}`;
  const { home, agentFile } = options;
  let remembered = recallHost(home, id);
  if (remembered?.place !== placeOf(entry)) remembered = undefined;

  const remember = async (host: RememberedHost): Promise<void> => {
    remembered = host;
    await rememberHost(home, id, host);
  };

  const bootstrapped = async (session: SshSession, signal: AbortSignal | undefined): Promise<AgentRoute> => {
    const agent = await bootstrapAgent(session, {
      agentFile,
      folder: entry.folder,
      capacity: { cpus: entry.cpus, memoryBytes: entry.memoryBytes },
      idleMs: options.idleMs,
      retention: options.retention,
      machine: options.machine,
      signal,
      nodeSources: options.nodeSources,
    });
    const route = await routeTo(session, agent.socketPath, agent.openRelay, signal);
    await remember({
      formatVersion: 1,
      place: placeOf(entry),
      agentHash: agent.hash,
      folder: agent.folder,
      socketPath: agent.socketPath,
      nodePath: agent.nodePath,
      facts: agent.facts,
      seenAt: new Date().toISOString(),
    });
    return route;
  };

  const found = async (session: SshSession, hash: string, signal: AbortSignal | undefined): Promise<AgentRoute> => {
    const agent = await findAgent(session, hash, { folder: entry.folder, signal });
    if (agent === undefined) throw noAgent(entry.name);
    const { folder, nodePath, socketPath } = agent;
    const agentPath = `${folder}/agents/${hash}/agent.mjs`;
    const relay = nodePath === undefined ? undefined : () => openRelay(session, { nodePath, agentPath, socketPath });
    return await routeTo(session, socketPath, relay, signal);
  };

  return {
    id,
    name: entry.name,
    provider: 'ssh',
    get shape() {
      return remembered && shapeOf(remembered.facts, entry);
    },
    clearance: entry.clearance ?? 'internal',
    region: entry.region,
    usdPerHour: 0,
    async reach({ signal, start }: ReachOptions) {
      const { hash } = await readAgentFile(agentFile);
      const session = await options.connect(await options.target(), signal === undefined ? {} : { signal });
      try {
        const warm = remembered?.agentHash === hash ? remembered : undefined;
        const stream = warm && (await openForwarded(session, warm.socketPath, signal));
        if (warm && stream) return routeOver(session, () => session.openSocket(warm.socketPath), stream);
        return await (start ? bootstrapped(session, signal) : found(session, hash, signal));
      } catch (error) {
        session.close();
        throw error;
      }
    },
  };
}

/** A route to an agent that serves: to its socket, or through the relay where the server forwards no sockets. */
async function routeTo(
  session: SshSession,
  socketPath: string,
  openRelay: (() => Promise<Duplex>) | undefined,
  signal: AbortSignal | undefined,
): Promise<AgentRoute> {
  const stream = await openForwarded(session, socketPath, signal);
  if (stream) return routeOver(session, () => session.openSocket(socketPath), stream);
  if (openRelay) return routeOver(session, openRelay, await openWhileWanted(session, openRelay, signal));
  throw noAgent(session.target.name);
}

/** Undefined where the server does not forward to the socket, or nobody listens on it. */
async function openForwarded(
  session: SshSession,
  socketPath: string,
  signal: AbortSignal | undefined,
): Promise<Duplex | undefined> {
  try {
    return await openWhileWanted(session, () => session.openSocket(socketPath), signal);
  } catch (error) {
    if (isMegalithError(error) && error.details?.layer === 'forward') return undefined;
    throw error;
  }
}

function noAgent(name: string): MegalithError {
  return new MegalithError('NOT_FOUND', `no agent of this Megalith runs on "${name}"`, {
    hint: 'an agent is started by the first job there, and ends itself when it was idle for long',
  });
}

/** Where, as whom and in which folder. */
function placeOf({ user, address, port = 22, folder = '' }: HostEntry): string {
  return JSON.stringify([user, address, port, folder]);
}

function shapeOf(facts: HostFacts, entry: HostEntry): Shape {
  return {
    cpus: entry.cpus ?? facts.cpus,
    usableMemoryBytes: entry.memoryBytes ?? facts.usableMemoryBytes,
    diskFreeBytes: facts.diskFreeBytes,
    arch: facts.arch,
  };
}
