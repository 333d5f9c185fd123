import type { Duplex } from 'node:stream';
import { isMegalithError, type TaskEvent } from '@megalith/agent';
import {
  type BackendJob,
  EventQueue,
  type FileOutput,
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
 * A run that brings the job's outputs here before its last task counts as ended: whoever waits for that finds the files. They
 * are brought where any task was done.
 * @param places who has outputs, asked when the run has ended
 */
export function withOutputs(run: JobRun, job: BackendJob, places: () => readonly OutputPlace[]): JobRun {
  const { tasks, outputs = [] } = job;
  if (outputs.length === 0) return run;
  const queue = new EventQueue<TaskEvents>();
  let ends = 0;
  let hasDone = false;
  const isLastEnd = (event: TaskEvent): boolean => {
    if (event.type === 'done') hasDone = true;
    else if (event.type !== 'failed' || event.retrying === true) return false;
    ends++;
    // While tasks may still come, what comes may depend on the results so far.
    return tasks.ended && ends >= tasks.taskCount;
  };
  const passOn = async (): Promise<void> => {
    const held: TaskEvent[] = [];
    for await (const events of run.events) {
      const passed = events.filter(event => {
        const isHeld = isLastEnd(event);
        if (isHeld) held.push(event);
        return !isHeld;
      });
      if (passed.length > 0) queue.push(passed);
    }
    try {
      if (hasDone) await bringOutputs(places(), job);
    } finally {
      if (held.length > 0) queue.push(held);
    }
    queue.end();
  };
  passOn().catch((error: unknown) => queue.fail(error));
  return withEvents(run, queue);
}

/** A machine that has a job's files. */
interface OutputPlace {
  readonly name: string;
  readonly open: OpenStream;
}

/**
 * Brings a job's outputs from the machines where tasks were done, one after another. Each output has to be on one of them at least.
 * @throws MegalithError as `fetchFiles`
 */
async function bringOutputs(places: readonly OutputPlace[], job: BackendJob): Promise<void> {
  const { outputs = [], id, onTransfer } = job;
  const fetch = ({ name, open }: OutputPlace, wanted: readonly FileOutput[]): Promise<void> =>
    transfer(open, id, async stream => {
      await fetchFiles(stream, wanted, told(onTransfer, 'back', name));
    });
  const [only, ...others] = places;
  if (only !== undefined && others.length === 0) {
    await fetch(only, outputs);
    return;
  }
  let missing: unknown;
  for (const output of outputs) {
    let isThere = false;
    let why: unknown;
    for (const place of places) {
      try {
        await fetch(place, [output]);
        isThere = true;
      } catch (error) {
        if (!isMegalithError(error) || error.code !== 'NOT_FOUND') throw error;
        why = error;
      }
    }
    if (!isThere) missing ??= why;
  }
  if (missing !== undefined) throw missing;
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
