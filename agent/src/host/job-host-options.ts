import type { UnreadJobs } from '../durable/unread-jobs.js';
import type { SandboxMemory } from '../memory/sandbox-memory.js';
import type { MachineRequest } from '../protocol/machine-messages.js';
import type { Failure, JobSpec } from '../protocol/messages.js';
import type { Capacity } from './admission.js';
import type { ClientConnection } from './client-connection.js';

export interface JobHostOptions {
  /** The agent's one file, for slots to start from. */
  readonly entryFile: string;
  /** Where journals and bundles lie. */
  readonly home: string;
  readonly capacity: Capacity;
  /** What tasks inherit. @defaultValue this process's environment */
  readonly env?: NodeJS.ProcessEnv;
  /** Slots that nobody needed for so long are ended, milliseconds; Infinity keeps them. @defaultValue 60,000 */
  readonly idleMs?: number;
  /** V8's heap in every slot, mebibytes. @defaultValue what its tasks ask for */
  readonly heapMiB?: number;
  /** Set where the kernel does not tell how much memory is left. */
  readonly memory?: SandboxMemory;
  /** Where a task finds this host, to start jobs of its own. */
  readonly socketPath: string;
  /** Set on a machine of its own: answers what clients ask about it. Jobs may then outlive their clients. */
  readonly onRequest?: (connection: ClientConnection, request: MachineRequest) => void;
  /** Called when a client or a job came or went. */
  readonly onChange?: () => void;
  /** Why a new job is not taken, whatever it asks for. Jobs that tasks start belong to a job that was taken. */
  readonly refuse?: (spec: JobSpec) => Failure | undefined;
  /** Where it is kept which durable jobs nobody has read. */
  readonly unread?: UnreadJobs;
}
