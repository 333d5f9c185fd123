import { gunzipSync } from 'node:zlib';
import {
  type AttemptStats,
  ByteWriter,
  controlFrame,
  FrameReader,
  frameParts,
  frameType,
  type LambdaReply,
  type LambdaRequest,
  writeDone,
} from '@megalith/agent';
import type { ThinFunction } from '../../lambda/sandboxes/thin-sandbox.js';

interface ThinTask {
  readonly index: number;
  readonly attempt: number;
}

let sandboxes = 0;

/** A function for thin sandboxes: every task takes so long, all of a call at the same time, and gives its own index. */
export function thinTasks(taskMs: number): ThinFunction {
  return async payload => {
    const request = payload as LambdaRequest;
    const startedAt = Date.now();
    if (taskMs > 0) await new Promise(resolve => setTimeout(resolve, taskMs));
    return replyOf(request, { ...stats, startedAt, endedAt: Date.now() });
  };
}

function replyOf(request: LambdaRequest, figures: AttemptStats): LambdaReply {
  const out = new ByteWriter();
  for (const { index, attempt } of tasksOf(request)) writeDone(out, { job: 1, index, attempt }, figures, index);
  const frames = [
    { type: frameType.records, payload: out.take() },
    controlFrame({ type: 'jobEnded', job: 1, peakSlots: 1 }),
  ];
  return {
    megalith: request.megalith,
    frames: { base64: Buffer.concat(frames.flatMap(frameParts)).toString('base64') },
    sandbox: { id: `thin-${++sandboxes}`, calls: 0, startedAt: 0, memoryMib: 1769 },
  };
}

function tasksOf({ frames }: LambdaRequest): ThinTask[] {
  if (!('base64' in frames)) throw new Error('thin functions read no store');
  const packed = Buffer.from(frames.base64, 'base64');
  const tasks: ThinTask[] = [];
  new FrameReader((type, payload) => {
    if (type !== frameType.tasks) return;
    for (let at = 4; at < payload.length; at += 12 + payload.readUInt32LE(at + 8)) {
      tasks.push({ index: payload.readUInt32LE(at), attempt: payload.readUInt16LE(at + 4) });
    }
  }).push(frames.gzip === true ? gunzipSync(packed) : packed);
  return tasks;
}

const stats: AttemptStats = {
  workerStartedAt: 0,
  startedAt: 0,
  endedAt: 0,
  inputMs: 0,
  outputMs: 0,
  coldStart: false,
  bytesIn: 8,
  bytesOut: 8,
  slot: 0,
};
