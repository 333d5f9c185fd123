import type { JobHost } from '../host/job-host.js';
import { ByteWriter } from '../protocol/byte-writer.js';
import { frameType } from '../protocol/frame.js';
import type { Failure, JobSpec } from '../protocol/messages.js';
import { writeFailed } from '../protocol/records.js';
import { type CallFrames, controlFrame } from './call-frames.js';
import { callStream } from './call-stream.js';
import { callTimes } from './call-times.js';
import { ReplyFrames, returnedFailure } from './reply-frames.js';

export interface JobReply {
  readonly frames: ReplyFrames;
  /** Nothing of the job is left in the host. */
  readonly isClean: boolean;
}

/**
 * Runs the job of one call to its end, or until the call has no time left: then what has not begun comes back, and what runs is ended.
 * @param spec the job's description, as it is here
 */
export async function runJob(host: JobHost, call: CallFrames, spec: JobSpec, remainingMs: number): Promise<JobReply> {
  const limitMs = Math.round(remainingMs);
  const times = callTimes(remainingMs);
  let isOver = false;
  let over = (): void => undefined;
  const whenOver = new Promise<void>(resolve => {
    over = resolve;
  });
  const frames = new ReplyFrames(() => {
    isOver = true;
    over();
  });
  const { stream, send, close } = callStream((type, payload) => frames.take(type, payload));
  const timers = [
    setTimeout(() => {
      frames.expectReturned();
      host.giveUp(returnedFailure, 'waiting');
    }, times.lastBeginMs),
    setTimeout(() => host.giveUp(outOfTime(limitMs), 'all'), times.endRunningMs),
    setTimeout(() => host.hurry(), times.hurryMs),
    setTimeout(() => over(), times.answerMs),
  ];
  try {
    host.serve(stream);
    send(call.with(spec));
    await whenOver;
  } finally {
    for (const timer of timers) clearTimeout(timer);
    close();
  }
  if (!isOver) addMissingEnds(frames, call, spec, outOfTime(limitMs));
  return { frames, isClean: isOver && host.jobs.length === 0 };
}

/** Of the function's limit, not of the task's own. */
function outOfTime(limitMs: number): Failure {
  return {
    code: 'TIMED_OUT',
    message: `the task still ran when its function call had used its time: ${limitMs} ms`,
    hint: 'split the task, or run it on a machine, which has no such limit',
    details: { timeoutMs: limitMs, limit: 'function' },
  };
}

/** The host did not come to its end: the answer says for it what became of the tasks. */
function addMissingEnds(frames: ReplyFrames, call: CallFrames, spec: JobSpec, failure: Failure): void {
  const out = new ByteWriter();
  for (const task of frames.open(call.tasks)) writeFailed(out, { job: spec.job, ...task }, failure);
  if (out.length > 0) frames.add({ type: frameType.records, payload: out.take() });
  frames.add(controlFrame({ type: 'jobEnded', job: spec.job, peakSlots: 0 }));
}
