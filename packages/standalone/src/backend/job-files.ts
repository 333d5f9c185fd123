import type { Duplex } from 'node:stream';
import { isMegalithError } from '@megalith/agent';
import {
  type BackendJob,
  EventQueue,
  fetchFiles,
  type JobRun,
  sendFiles,
  type TaskEvents,
  type TransferOptions,
} from '@megalith/core';
import pRetry from 'p-retry';
import { openFiles } from './agent-request.js';
import { withEvents } from './with-events.js';

/** Opens a stream to the machine's agent. */
export type OpenStream = (signal?: AbortSignal) => Promise<Duplex>;

/** Transfers are repeated after a lost connection for about as long as jobs wait for it: 8 tries, up to 2 minutes apart. */
const tries = { retries: 8, minTimeout: 500, maxTimeout: 120_000, randomize: true } as const;

/** Sends a job's inputs to its folder; what is there already is not sent again. */
export function bringInputs(
  open: OpenStream,
  { id, inputs = [], onTransfer }: BackendJob,
  machine: string,
): Promise<void> {
  return transfer(open, id, async stream => {
    await sendFiles(stream, inputs, told(onTransfer, 'there', machine));
  });
}

/**
 * A run that brings the job's outputs here before its last tasks count as ended: whoever waits for those finds the files.
 */
export function withOutputs(run: JobRun, job: BackendJob, open: OpenStream, machine: string): JobRun {
  const { outputs = [] } = job;
  const options = told(job.onTransfer, 'back', machine);
  if (outputs.length === 0) return run;
  const queue = new EventQueue<TaskEvents>();
  const passOn = async (): Promise<void> => {
    // While tasks may still come, what comes may depend on the results so far.
    let held: TaskEvents[] = [];
    for await (const events of run.events) {
      if (job.tasks.ended) held.push(events);
      else queue.push(events);
    }
    const hasDone = held.some(events => events.some(event => event.type === 'done'));
    try {
      if (hasDone) await transfer(open, job.id, stream => fetchFiles(stream, outputs, options).then(() => undefined));
    } finally {
      for (const events of held) queue.push(events);
      held = [];
    }
    queue.end();
  };
  passOn().catch((error: unknown) => queue.fail(error));
  return withEvents(run, queue);
}

function told(
  onTransfer: BackendJob['onTransfer'],
  direction: 'there' | 'back',
  machine: string,
): Pick<TransferOptions, 'onProgress'> {
  if (onTransfer === undefined) return {};
  return { onProgress: (bytes, totalBytes) => onTransfer({ direction, machine, bytes, totalBytes }) };
}

async function transfer(open: OpenStream, id: string, deed: (stream: Duplex) => Promise<void>): Promise<void> {
  await pRetry(
    async () => {
      const stream = await openFiles(await open(), id);
      try {
        await deed(stream);
      } finally {
        stream.destroy();
      }
    },
    { ...tries, shouldRetry: ({ error }) => isMegalithError(error) && passing.has(error.code) },
  );
}

const passing: ReadonlySet<string> = new Set(['CONTACT_LOST', 'SSH_FAILED', 'TIMED_OUT']);
