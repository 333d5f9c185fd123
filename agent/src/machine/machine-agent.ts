import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { ClientConnection } from '../host/client-connection.js';
import { JobHost } from '../host/job-host.js';
import { writeFileAtomically } from '../journal/atomic-file.js';
import { removeDeadPieces } from '../journal/dead-pieces.js';
import { readJsonFile } from '../journal/job-description.js';
import { defaultRetention, pruneJobs } from '../journal/prune-jobs.js';
import { usableCpus } from '../memory/usable-cpus.js';
import { usableMemoryBytes } from '../memory/usable-memory.js';
import type { MachineRequest } from '../protocol/machine-messages.js';
import { type Claim, claimSocket } from './claim-socket.js';
import { type IdleVerdict, judgeIdle } from './idle-clock.js';
import type { AgentLine, MachineOptions } from './machine.js';
import { answerRequest } from './machine-requests.js';
import { agentLoad, machineStatus, runningJobs } from './machine-status.js';
import { Neighbours } from './neighbours.js';
import { agentSocketPath } from './socket-path.js';
import { sweepHome } from './sweep-home.js';

interface AgentOptions extends MachineOptions {
  /** The agent's one file, and the folder that holds it, whose name is the file's hash. */
  readonly entryFile: string;
  readonly folder: string;
  readonly hash: string;
}

const defaultIdleMs = 10 * 60 * 1000;
const pruneEveryMs = 3600 * 1000;
/** How often it looks whether clients still live and it is still needed, milliseconds. */
const lookEveryMs = 5000;
/** A client that is there says something every 20 s; one that was not heard of for so long is behind a connection that is dead. */
const silenceMs = 90 * 1000;

/** The agent of a machine: its socket, its job host, and the decision to end. */
export class MachineAgent {
  readonly #options: AgentOptions;
  readonly #idleMs: number;
  readonly #startedAt = Date.now();
  readonly #server: Server;
  readonly #host: JobHost;
  readonly #socketPath: string;
  /** Connections that came to ask something, which does not hold the agent up, with what ends the asking. */
  readonly #asking = new Map<ClientConnection, AbortController>();
  /** Other agents, which want to hear how much is in use here. */
  readonly #sharing = new Set<ClientConnection>();
  readonly #neighbours: Neighbours;
  readonly #waitingSockets: Socket[] = [];
  #claim: Claim | undefined;
  #isServing = false;
  #draining = false;
  /** There is a younger agent: this one does not stay for later jobs. */
  #isSupplanted = false;
  /** When it was last held up by something, on the monotonic clock. */
  #since = performance.now();
  #wasHeld = false;
  #toldLoad = '';
  #isEnding = false;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#idleMs = options.idleMs ?? defaultIdleMs;
    this.#socketPath = agentSocketPath(options.folder);
    this.#host = new JobHost({
      entryFile: options.entryFile,
      home: options.home,
      socketPath: this.#socketPath,
      capacity: { cpus: options.cpus ?? usableCpus(), memoryBytes: options.memoryBytes ?? usableMemoryBytes() },
      onRequest: (connection, request) => this.#asked(connection, request),
      onChange: () => this.#changed(),
    });
    this.#host.admission.onChange(() => this.#tellLoad());
    this.#neighbours = new Neighbours({
      agentsFolder: dirname(options.folder),
      own: options.hash,
      startedAt: this.#startedAt,
      onLoad: load => this.#host.reserve(load),
    });
    this.#server = createServer(socket => {
      if (this.#isServing) this.#host.serve(socket);
      else this.#waitingSockets.push(socket);
    });
  }

  /** Takes the machine's place for this version of the agent, or finds who has it. */
  async claim(): Promise<{ readonly line: AgentLine; readonly isOurs: boolean }> {
    const { folder, hash } = this.#options;
    const linePath = join(folder, 'agent.json');
    this.#claim = await claimSocket(this.#server, this.#socketPath);
    if (this.#claim !== undefined) {
      for (const place of new Set([folder, dirname(this.#socketPath)])) await removeDeadPieces(place);
      const line = { pid: process.pid, socket: this.#socketPath, hash };
      await writeFileAtomically(linePath, JSON.stringify(line));
      return { line, isOurs: true };
    }
    const other = (await readJsonFile(linePath)) as AgentLine | undefined;
    return { line: other ?? { pid: 0, socket: this.#socketPath, hash }, isOurs: false };
  }

  /** Goes on with what an agent before this one left, then serves. */
  async serve(): Promise<void> {
    await this.#neighbours.meetAll();
    await this.#host.resume();
    this.#isServing = true;
    for (const socket of this.#waitingSockets.splice(0)) this.#host.serve(socket);
    setInterval(() => this.#look(), Math.min(lookEveryMs, Math.max(50, this.#idleMs / 4)));
    setInterval(() => void this.#prune(), pruneEveryMs).unref();
    await this.#prune();
  }

  /** Ends at once. Jobs are not cancelled: the next agent goes on with them. */
  quit(): void {
    this.#leave();
    process.exit();
  }

  #verdict(): IdleVerdict {
    const { working } = this.#host.connections;
    return judgeIdle(agentLoad(this.#host, working, this.#draining || this.#isSupplanted), this.#since, this.#idleMs);
  }

  #look(): void {
    this.#host.connections.dropSilent(silenceMs, connection => this.#asking.has(connection));
    this.#tellLoad();
    const { endsAt } = this.#verdict();
    if (endsAt !== undefined && performance.now() >= endsAt) void this.#end();
  }

  #changed(): void {
    const isHeld = this.#verdict().endsAt === undefined;
    if (isHeld || this.#wasHeld) this.#since = performance.now();
    this.#wasHeld = isHeld;
    for (const connection of this.#asking.keys()) {
      if (!this.#host.connections.has(connection)) this.#forget(connection);
    }
    this.#tellLoad();
    if (this.#draining || this.#isSupplanted) setImmediate(() => this.#look());
  }

  #forget(connection: ClientConnection): void {
    this.#asking.get(connection)?.abort();
    this.#asking.delete(connection);
    this.#sharing.delete(connection);
  }

  #asked(connection: ClientConnection, request: MachineRequest): void {
    const abort = new AbortController();
    // The transfer of files is work for a job.
    if (request.type !== 'files') this.#asking.set(connection, abort);
    const desk = {
      home: this.#options.home,
      status: () => this.#status(),
      running: () => runningJobs(this.#host),
      drain: () => {
        this.#draining = true;
        this.#host.drain();
        this.#changed();
      },
      share: (agent: string, startedAt: number) => {
        this.#sharing.add(connection);
        this.#toldLoad = '';
        this.#isSupplanted ||= startedAt > this.#startedAt;
        this.#neighbours.meet(agent);
        this.#changed();
      },
      stop: () => void this.#end(),
      signal: abort.signal,
    };
    answerRequest(desk, connection, request);
  }

  #status() {
    const verdict = this.#verdict();
    const now = Date.now();
    const { endsAt } = verdict;
    return machineStatus(this.#host, {
      agent: this.#options.hash,
      startedAt: this.#startedAt,
      now,
      idleMs: this.#idleMs,
      clients: this.#host.connections.working,
      draining: this.#draining,
      verdict: endsAt === undefined ? verdict : { ...verdict, endsAt: now + endsAt - performance.now() },
    });
  }

  #tellLoad(): void {
    if (this.#sharing.size === 0) return;
    const { taken } = this.#host.admission;
    const told = `${taken.cpus} ${taken.memoryBytes}`;
    if (told === this.#toldLoad) return;
    this.#toldLoad = told;
    for (const connection of this.#sharing) connection.send({ type: 'load', ...taken });
  }

  async #prune(): Promise<void> {
    try {
      await pruneJobs(this.#options.home, this.#options.retention);
    } catch (error) {
      process.stderr.write(`old jobs cannot be removed: ${String(error)}\n`);
    }
  }

  async #sweep(): Promise<void> {
    const { home, hash, retention } = this.#options;
    try {
      await sweepHome(home, hash, retention?.maxAgeMs ?? defaultRetention.maxAgeMs, Date.now());
    } catch (error) {
      process.stderr.write(`old files cannot be removed: ${String(error)}\n`);
    }
  }

  /** Nobody is left to serve, or somebody asked for the end. */
  async #end(): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#leave();
    await this.#prune();
    await this.#sweep();
    // An answer may still be on its way.
    setImmediate(() => process.exit());
  }

  /** From here on a client starts another agent. */
  #leave(): void {
    this.#isEnding = true;
    this.#neighbours.close();
    // What belongs to another agent stays.
    if (this.#claim !== undefined) rmSync(join(this.#options.folder, 'agent.json'), { force: true });
    this.#claim?.release();
    this.#server.close();
  }
}
