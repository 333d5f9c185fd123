import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { agentSocketPath, type Label, MegalithError, usableCpus, usableMemoryBytes } from '@megalith/agent';
import { defaultPolicy } from '@megalith/core';
import { readAgentFile } from '../bootstrap/agent-file.js';
import { agentPath } from '../bootstrap/agent-path.js';
import type { AgentSettings } from '../inventory/agent-settings.js';
import type { AgentRoute, Machine, ReachOptions } from '../machine.js';
import type { Provider } from '../provider.js';
import { agentFolder, startLocalAgent } from './local-agent.js';

export interface LocalOptions {
  readonly home: string;
  readonly settings?: AgentSettings;
  /** What jobs may use, where the agent is started for them. @defaultValue what the machine has */
  readonly cpus?: number;
  readonly memoryBytes?: number;
  /** The highest label of data that may be here. @defaultValue 'restricted': what is here already goes nowhere */
  readonly clearance?: Label;
}

/** The machine that needs no configuration: this one. Its agent is a process that outlives the client. */
export function createLocalProvider(options: LocalOptions): Provider {
  const machine = localMachine(options);
  return { name: 'local', list: async () => [machine] };
}

function localMachine(options: LocalOptions): Machine {
  const { cpus = usableCpus(), memoryBytes = usableMemoryBytes(), clearance = defaultPolicy.hereClearance } = options;
  return {
    id: 'local:this',
    name: hostname(),
    provider: 'local',
    shape: { cpus, usableMemoryBytes: memoryBytes, arch: process.arch },
    clearance,
    usdPerHour: 0,
    reach: reachOptions => reach(options, reachOptions),
  };
}

async function reach(options: LocalOptions, { start, signal }: ReachOptions): Promise<AgentRoute> {
  const { home, cpus, memoryBytes, settings } = options;
  const agent = await readAgentFile(agentPath());
  let path = agentSocketPath(agentFolder(home, agent.hash));
  let first = await opened(path);
  if (first === undefined) {
    if (!start) throw new MegalithError('NOT_FOUND', 'no agent runs on this machine');
    const line = await startLocalAgent(
      agent,
      {
        home,
        ...(cpus === undefined ? {} : { cpus }),
        ...(memoryBytes === undefined ? {} : { memoryBytes }),
        ...(settings?.idleMs === undefined ? {} : { idleMs: settings.idleMs }),
        ...(settings?.retention === undefined ? {} : { retention: settings.retention }),
      },
      signal,
    );
    path = line.socket;
    first = await opened(path);
  }
  return routeTo(path, first);
}

/** A connected socket, or undefined where nobody listens. */
async function opened(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    socket.destroy();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return undefined;
    throw error;
  }
}

function routeTo(path: string, first: Socket | undefined): AgentRoute {
  const sockets = new Set<Socket>();
  let spare = first;
  let isHeld = true;
  let over!: () => void;
  const closed = new Promise<undefined>(resolve => {
    over = () => resolve(undefined);
  });
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (!isHeld) socket.unref();
    return socket;
  };
  return {
    async open() {
      const ready = spare ?? (await opened(path));
      spare = undefined;
      if (ready === undefined) {
        over();
        throw new MegalithError('CONTACT_LOST', "this machine's agent has ended");
      }
      return keep(ready);
    },
    closed,
    hold(busy) {
      isHeld = busy;
      for (const socket of sockets) {
        if (busy) socket.ref();
        else socket.unref();
      }
    },
    close() {
      spare?.destroy();
      for (const socket of sockets) socket.destroy();
      over();
    },
  };
}
