import { connect } from 'node:net';
import { usableCpus, usableMemoryBytes } from '@megalith/agent';
import { formatSize } from '../../config/size.js';
import { requireClearance } from '../../placement/clearance.js';
import { defaultPolicy } from '../../placement/policy.js';
import type { Site } from '../../placement/site.js';
import { AgentConnection } from '../agent/agent-connection.js';
import type { Backend, BackendJob, BackendOptions, Candidate, JobRequest, JobRun } from '../backend.js';
import { HostProcess } from './host-process.js';

/** This machine: tasks run in processes of its own, started by a job host that is a child of this process. */
export function createLocalBackend(options: BackendOptions): Backend {
  const capacity = {
    cpus: options.slots ?? usableCpus(),
    usableMemoryBytes: options.memoryBytes ?? usableMemoryBytes(),
  };
  const { hereClearance: clearance = defaultPolicy.hereClearance } = options;
  const site: Site = { name: 'here', kind: 'here', clearance };
  let host: HostProcess | undefined;
  let parent: AgentConnection | undefined;

  const connection = (): AgentConnection => {
    const socketPath = process.env.MEGALITH_SOCKET;
    // Inside a task the machine has a job host already: one that knows what else runs here.
    if (socketPath !== undefined) {
      if (parent?.isOpen !== true) parent = connectToParent(socketPath);
      return parent;
    }
    if (host?.connection.isOpen !== true) {
      host = new HostProcess({
        ...(options.slots === undefined ? {} : { cpus: options.slots }),
        ...(options.memoryBytes === undefined ? {} : { memoryBytes: options.memoryBytes }),
        ...(options.home === undefined ? {} : { home: options.home }),
      });
    }
    return host.connection;
  };

  return {
    name: 'local',
    offers: async job => [offer(job, site, capacity)],
    warm: () => void connection(),
    run(job: BackendJob): JobRun {
      requireClearance(job.label, site, job.name);
      return connection().run(job);
    },
    async close() {
      parent?.close();
      parent = undefined;
      await host?.close();
      host = undefined;
    },
  };
}

/** What the job host takes to start, milliseconds: `pnpm bench map/start`. */
const hostStartMs = 60;

function connectToParent(socketPath: string): AgentConnection {
  const socket = connect(socketPath);
  socket.unref();
  const slot = process.env.MEGALITH_SLOT;
  return new AgentConnection(socket, {
    ...(slot === undefined ? {} : { insideSlot: Number(slot) }),
    onBusy: busy => {
      if (busy) socket.ref();
      else socket.unref();
    },
  });
}

function offer(
  { requirements, wants = [] }: JobRequest,
  site: Site,
  capacity: { readonly cpus: number; readonly usableMemoryBytes: number },
): Candidate {
  const { cpus, usableMemoryBytes } = capacity;
  const { memoryBytes = 0 } = requirements;
  const byMemory = memoryBytes === 0 ? Number.POSITIVE_INFINITY : Math.floor(usableMemoryBytes / memoryBytes);
  const candidate: Candidate = {
    backend: 'local',
    id: 'here',
    kind: 'here',
    site,
    description: `this machine, ${cpus} cpus, ${formatSize(usableMemoryBytes)} usable`,
    cpus,
    usableMemoryBytes,
    slots: Math.min(Math.floor(cpus / requirements.cpus), byMemory),
    usdPerHour: 0,
    billing: { per: 'nothing' },
    startMs: hostStartMs,
  };
  const unmet = wants.find(want => want !== 'secrets');
  if (unmet !== undefined) {
    return { ...candidate, rejected: { reason: 'NOT_CONFIGURED', explanation: unmetWants[unmet] } };
  }
  if (requirements.cpus > cpus) {
    const explanation = `a task asks for ${requirements.cpus} cpus, and there are ${cpus}`;
    return { ...candidate, rejected: { reason: 'OVER_CPUS', explanation } };
  }
  if (memoryBytes > usableMemoryBytes) {
    const explanation = `a task asks for ${formatSize(memoryBytes)}, and ${formatSize(usableMemoryBytes)} can be used`;
    return { ...candidate, rejected: { reason: 'OVER_MEMORY', explanation } };
  }
  return candidate;
}

const unmetWants = {
  files: "its jobs run in this folder and have no other: leave the files out, or use the backend 'standalone'",
  detach: "its jobs end with this program: use the backend 'standalone', which also has this machine",
} as const;
