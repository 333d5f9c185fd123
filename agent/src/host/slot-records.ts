import { ByteWriter } from '../protocol/byte-writer.js';
import { RecordCursor, recordKind, writeLog } from '../protocol/records.js';
import type { HostJob } from './host-job.js';
import type { Slot } from './slot.js';
import type { SlotGroup } from './slot-pool.js';

/** A batch's way to the slot and back costs about this much per task, milliseconds; it keeps the estimate from zero. */
const overheadMs = 0.002;

/**
 * Passes on what a slot tells of its tasks. Tasks have their last events in the order they were sent there, so counting is enough
 * to know which is which.
 * @returns the jobs that had events
 */
export function takeRecords(slot: Slot, payload: Buffer): Set<HostJob> {
  const jobs = new Set<HostJob>();
  const cursor = new RecordCursor(payload);
  let job: HostJob | undefined;
  let from = 0;
  let tookMs = 0;
  let count = 0;
  const pass = (to: number): void => {
    if (job === undefined || to === from) return;
    if (!job.emit(payload.subarray(from, to))) pauseUntilRead(slot, job);
    if (count === 0) return;
    job.settled += count;
    job.running -= count;
    job.tookTasks(tookMs + count * overheadMs, count);
    tookMs = 0;
    count = 0;
  };
  while (cursor.advance()) {
    if (job?.number !== cursor.job) {
      pass(cursor.start);
      job = slot.jobNumbered(cursor.job);
      from = cursor.start;
      if (job !== undefined) jobs.add(job);
    }
    if (cursor.kind === recordKind.log) cursor.setLogOffset(slot.logged(cursor.logStream, cursor.logLength));
    if (cursor.kind !== recordKind.done && cursor.kind !== recordKind.failed) continue;
    if (slot.verdict !== undefined) {
      // The task had been told to end: how it took that is not its result.
      pass(cursor.start);
      from = cursor.start + cursor.bytes.length;
      giveVerdict(slot, cursor);
      continue;
    }
    const { execMs } = cursor;
    tookMs += Number.isNaN(execMs) ? 0 : execMs;
    count++;
    slot.settleHead();
  }
  pass(payload.length);
  return jobs;
}

function giveVerdict(slot: Slot, cursor: RecordCursor): void {
  const { head, verdict } = slot;
  if (head === undefined || verdict === undefined) return;
  slot.verdict = undefined;
  slot.settleHead();
  head.job.running--;
  head.job.failTasks([head.span], verdict, cursor.stats);
}

/** Output that went around JavaScript, from a child process or native code, becomes the log of the task that runs. */
export function takeOutput(group: SlotGroup, stream: 'stdout' | 'stderr', bytes: Buffer): void {
  // Threads share these pipes, so nobody can say whose output it is.
  const slot = group.process.kind === 'slot' ? group.slots.values().next().value : undefined;
  const head = slot?.head;
  if (slot === undefined || head === undefined) return;
  const out = new ByteWriter(bytes.length + 64);
  const task = { job: head.job.number, index: head.span.indexOf(0), attempt: head.span.attemptOf(0) };
  writeLog(out, task, stream, slot.logged(stream, bytes.length), bytes);
  if (!head.job.emit(out.take())) pauseUntilRead(slot, head.job);
}

/** A client or a disk that is slow holds back the slots that write for it. */
function pauseUntilRead(slot: Slot, job: HostJob): void {
  slot.process.pause();
  job.whenRead(() => slot.process.resume());
}
