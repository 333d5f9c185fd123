import {
  type ClientMessage,
  FrameReader,
  frameType,
  type HostMessage,
  type MachineReply,
  type MachineRequest,
  type MachineStatus,
  protocolVersion,
  readMessage,
  type TaskEvent,
  writeMessage,
} from '@megalith/agent';
import {
  type BackendJob,
  cheapest,
  type JobRun,
  LastingConnection,
  type TaskInput,
  unknownProfile,
} from '@megalith/core';
import { within } from '../../conformance/eventually.js';
import type { AgentProcess } from '../wire/agent-process.js';

/** Asks an agent one thing on a connection of its own. */
export async function ask(agent: AgentProcess, request: MachineRequest): Promise<MachineReply> {
  const socket = await agent.open();
  const answer = new Promise<MachineReply>((resolve, reject) => {
    const reader = new FrameReader((type, payload) => {
      if (type !== frameType.control) return;
      const message = readMessage(payload) as HostMessage;
      if (message.type !== 'ready') resolve(message as MachineReply);
    });
    socket.on('data', (chunk: Buffer) => reader.push(chunk)).on('error', reject);
    socket.on('close', () => reject(new Error('the agent ended the connection')));
  });
  try {
    const hello: ClientMessage = { type: 'hello', version: protocolVersion };
    for (const message of [hello, request]) writeMessage(socket, message);
    return await within(20_000, `the answer to "${request.type}"`, answer);
  } finally {
    socket.destroy();
  }
}

export async function statusOf(agent: AgentProcess): Promise<MachineStatus> {
  const reply = await ask(agent, { type: 'status' });
  if (reply.type !== 'status') throw new Error(`instead of its status it gave "${reply.type}"`);
  return reply.status;
}

/** A job of shell scripts, or of another work's items, as a client has it that runs it on one agent. */
export class ScriptJob {
  readonly events: TaskEvent[] = [];
  readonly end: Promise<unknown>;
  readonly #connection: LastingConnection;

  constructor(agent: AgentProcess, id: string, scripts: readonly string[], more: Partial<BackendJob> = {}) {
    this.#connection = new LastingConnection({ name: 'the machine', open: () => agent.open() });
    const job = { ...jobOf(id, scripts), ...more };
    const run = this.#connection.run(job, { hostRetries: true, folder: '' });
    this.end = this.#read(run);
  }

  /** The last events so far, shortly: `0 done`, `1 AGENT_LOST`. */
  get lasts(): string[] {
    return this.events.flatMap(event => {
      if (event.type === 'done') return [`${event.index} done`];
      return event.type === 'failed' && event.retrying !== true ? [`${event.index} ${event.failure.code}`] : [];
    });
  }

  /** @returns what it failed with as a whole */
  async #read(run: JobRun): Promise<unknown> {
    try {
      for await (const events of run.events) this.events.push(...events);
      return undefined;
    } catch (error) {
      return error;
    } finally {
      this.#connection.close();
    }
  }

  close(): void {
    this.#connection.close();
  }
}

function jobOf(id: string, scripts: readonly string[]): BackendJob {
  let given = 0;
  return {
    id,
    name: 'scripts',
    requirements: { cpus: 1, graceMs: 5000 },
    tags: [],
    label: 'internal',
    goal: cheapest,
    profile: unknownProfile,
    work: { kind: 'command', argv: ['sh', '-c', '{}'], stdin: 'ignore' },
    shared: [],
    env: {},
    tasks: {
      take(max): TaskInput[] {
        const taken = scripts.slice(given, given + max);
        const inputs = taken.map((item, position) => ({ index: given + position, attempt: 1, item }));
        given += taken.length;
        return inputs;
      },
      ready: () => Promise.resolve(),
      get ended() {
        return given === scripts.length;
      },
      taskCount: scripts.length,
    },
  };
}
