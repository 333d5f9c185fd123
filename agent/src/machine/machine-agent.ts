import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { UnreadJobs } from '../durable/unread-jobs.js';
import type { ClientConnection } from '../host/client-connection.js';
import { JobHost } from '../host/job-host.js';
import { writeFileAtomically } from '../journal/atomic-file.js';
import { removeDeadPieces } from '../journal/dead-pieces.js';
import { readJsonFile } from '../journal/job-description.js';
import { usableCpus } from '../memory/usable-cpus.js';
import { usableMemoryBytes } from '../memory/usable-memory.js';
import type { Interruption, LeaseHolder, LeaseRequest, MachineRequest } from '../protocol/machine-messages.js';
import type { Failure, JobSpec } from '../protocol/messages.js';
import { MachineShutdown } from './at-end.js';
import { type Claim, claimSocket } from './claim-socket.js';
import { type ClosedDoor, interruptionText, noLease, whyClosed } from './closed-door.js';
import { Housekeeping } from './housekeeping.js';
import { type IdleVerdict, judgeIdle } from './idle-clock.js';
import { giveUpInTime } from './interrupted-host.js';
import type { LeaseFacts } from './judge-lease.js';
import { LeaseBook } from './lease-book.js';
import type { AgentLine, MachineOptions } from './machine.js';
import { answerRequest } from './machine-requests.js';
import { agentLoad, machineStatus, runningJobs } from './machine-status.js';
import { Neighbours } from './neighbours.js';
import { agentSocketPath } from './socket-path.js';
import { watchSpotNotice } from './spot-notice.js';
import { whyStays } from './why-stays.js';

interface AgentOptions extends MachineOptions {
  /** The agent's one file, and the folder that holds it, whose name is the file's hash. */
  readonly entryFile: string;
  readonly folder: string;
  readonly hash: string;
}

const defaultIdleMs = 10 * 60 * 1000;
const defaultKeepResultsMs = 3600 * 1000;
const defaultDrainBeforeEndMs = 5 * 60 * 1000;
const pruneEveryMs = 3600 * 1000;
/** How often it looks whether clients still live and it is still needed, milliseconds. */
const lookEveryMs = 5000;
/** A client that is there says something every 20 s; one that was not heard of for so long is behind a connection that is dead. */
const silenceMs = 90 * 1000;

/** The agent of a machine: its socket, its job host, and the decision to end. */
export class MachineAgent {
  readonly #options: AgentOptions;
  #idleMs: number;
  #expiresAt: number | undefined;
  readonly #startedAt = Date.now();
  readonly #server: Server;
  readonly #host: JobHost;
  readonly #socketPath: string;
  /** Connections that came to ask something, which does not hold the agent up, with what ends the asking. */
  readonly #asking = new Map<ClientConnection, AbortController>();
  /** Other agents, which want to hear how much is in use here. */
  readonly #sharing = new Set<ClientConnection>();
  readonly #neighbours: Neighbours;
  readonly #keeper: Housekeeping;
  readonly #leases: LeaseBook;
  readonly #unread = new UnreadJobs();
  /** Set where the machine ends with its agent. */
  readonly #shutdown: MachineShutdown | undefined;
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
  #interruption: Interruption | undefined;
  #looking: NodeJS.Timeout | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#idleMs = options.idleMs ?? defaultIdleMs;
    this.#expiresAt = options.expiresAt;
    if (options.atEnd === 'shutdown') {
      this.#shutdown = new MachineShutdown({ command: options.shutdownCommand, onLog: log });
    }
    this.#keeper = new Housekeeping(options, log);
    this.#leases = new LeaseBook(options.home, () => this.#leaseFacts());
    this.#socketPath = agentSocketPath(options.folder);
    this.#host = new JobHost({
      entryFile: options.entryFile,
      home: options.home,
      socketPath: this.#socketPath,
      capacity: { cpus: options.cpus ?? usableCpus(), memoryBytes: options.memoryBytes ?? usableMemoryBytes() },
      onRequest: (connection, request) => this.#asked(connection, request),
      onChange: () => this.#changed(),
      refuse: spec => this.#refuse(spec),
      unread: this.#unread,
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
    this.#lookRegularly();
    if (this.#options.spot === 'ec2') {
      const { metadataUrl } = this.#options;
      watchSpotNotice({ onNotice: interruption => this.#interrupted(interruption), onLog: log, metadataUrl });
    }
    setInterval(() => void this.#keeper.prune(), pruneEveryMs).unref();
    await this.#keeper.prune();
  }

  /** Ends at once. Jobs are not cancelled: the next agent goes on with them. */
  quit(): void {
    this.#leave();
    process.exit();
  }

  get #closed(): ClosedDoor | undefined {
    const facts = {
      draining: this.#draining,
      isShuttingDown: this.#shutdown?.hasBegun ?? false,
      interruption: this.#interruption,
      expiresAt: this.#expiresAt,
      drainBeforeEndMs: this.#options.drainBeforeEndMs ?? defaultDrainBeforeEndMs,
    };
    return whyClosed(facts, Date.now());
  }

  #refuse(spec: JobSpec): Failure | undefined {
    setImmediate(() => {
      this.#leases.endUnused(spec.id, Date.now());
      this.#changed();
    });
    const isLeased = this.#options.leaseNeeded !== true || this.#leases.allows(spec.id, Date.now());
    return this.#closed?.failure ?? (isLeased ? undefined : noLease(spec));
  }

  #leaseFacts(): LeaseFacts {
    return {
      agent: this.#options.hash,
      otherAgents: this.#neighbours.names,
      isShared: this.#neighbours.isLoaded,
      jobs: this.#host.jobs.filter(job => job.connection.insideSlot === undefined).map(job => job.spec.id),
      isClosed: this.#closed !== undefined || this.#isSupplanted,
      capacity: this.#host.admission.capacity,
    };
  }

  #verdict(): IdleVerdict {
    const draining = this.#isSupplanted || this.#closed !== undefined;
    const load = agentLoad(this.#host, {
      draining,
      awaited: this.#leases.waitingFor?.job,
      stays: whyStays({
        shutdown: this.#shutdown,
        interruption: this.#interruption,
        hasOlderAgents: !this.#isSupplanted && this.#neighbours.names.size > 0,
        now: Date.now(),
      }),
      // A machine that lives on keeps them anyway.
      unread: this.#shutdown === undefined ? 0 : this.#unread.size,
    });
    return judgeIdle(load, this.#since, this.#idleMs, this.#options.keepResultsMs ?? defaultKeepResultsMs);
  }

  #interrupted(interruption: Interruption): void {
    this.#interruption = interruption;
    log(interruptionText(interruption));
    giveUpInTime(this.#host, interruption);
    this.#changed();
  }

  #lookRegularly(): void {
    clearInterval(this.#looking);
    this.#looking = setInterval(() => this.#look(), Math.min(lookEveryMs, Math.max(50, this.#idleMs / 4)));
  }

  #look(): void {
    this.#leases.look(Date.now());
    this.#host.connections.dropSilent(silenceMs, connection => this.#asking.has(connection));
    this.#tellLoad();
    this.#noteHold();
    const { endsAt } = this.#verdict();
    if (endsAt !== undefined && performance.now() >= endsAt) this.#conclude();
  }

  #noteHold(): void {
    const isHeld = this.#verdict().endsAt === undefined;
    if (isHeld || this.#wasHeld) this.#since = performance.now();
    this.#wasHeld = isHeld;
  }

  #changed(): void {
    // Until then the jobs of the agent before this one are not all here.
    if (this.#isServing) this.#leases.look(Date.now());
    this.#noteHold();
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
      unread: this.#unread,
      drain: () => {
        this.#draining = true;
        this.#changed();
      },
      share: (agent: string, startedAt: number) => {
        this.#sharing.add(connection);
        this.#toldLoad = '';
        this.#isSupplanted ||= startedAt > this.#startedAt;
        this.#neighbours.meet(agent);
        this.#changed();
      },
      stop: () => (this.#host.jobs.length === 0 ? this.#conclude() : void this.#end()),
      change: ({ idleMs, expiresAt }: MachineRequest & { readonly type: 'settings' }) => {
        this.#idleMs = idleMs ?? this.#idleMs;
        this.#expiresAt = expiresAt ?? this.#expiresAt;
        this.#lookRegularly();
        this.#changed();
      },
      lease: (wanted: LeaseRequest) => {
        const reply = this.#leases.ask(wanted, Date.now());
        this.#changed();
        return reply;
      },
      endLease: (holder: LeaseHolder) => {
        this.#leases.end(holder, Date.now());
        this.#changed();
      },
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
      draining: this.#closed !== undefined,
      closed: this.#closed?.reason,
      leases: this.#leases.record,
      expiresAt: this.#expiresAt,
      interruption: this.#interruption,
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

  /** Nothing is left to do. Where the machine ends with its last agent, that agent stays to see that it does. */
  #conclude(): void {
    // An agent that ends has left its neighbours, and can't tell any more whether it is the last.
    if (this.#isEnding) return;
    if (this.#shutdown === undefined || this.#neighbours.names.size > 0) {
      void this.#end();
      return;
    }
    this.#shutdown.begin(async () => {
      await this.#host.written();
      await this.#keeper.prune();
      await this.#keeper.sweep();
    });
  }

  /** Nobody is left to serve, or somebody asked for the end. */
  async #end(): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#leave();
    await this.#keeper.prune();
    await this.#keeper.sweep();
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

function log(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
}
