import { commonKeyBytes, LineWriter, mergeSlices, placeInRun } from '@megalith/agent';
import type { TaskContext } from '../executor/types.js';
import { allRuns, type ShuffleSpec, taskPlace } from './shuffle-task.js';

/** A range of keys, as the item of a task. */
export interface KeyRange {
  /** Undefined: from the first. */
  readonly from: Uint8Array | undefined;
  /** Below this; undefined: to the last. */
  readonly to: Uint8Array | undefined;
  /** Where all ranges are written, each to its place. */
  readonly file: string;
}

/** Lines between two looks at the clock. */
const linesInTurn = 1024;

/** One task of the second half of `sort`: the lines of a range of keys. A second try writes the same bytes to the same place. */
export async function mergeLines({ from, to, file }: KeyRange, context: TaskContext, spec: ShuffleSpec): Promise<void> {
  const { exchange, name, pause } = taskPlace(spec, 'r', context);
  const runs = await allRuns(exchange);
  let at = 0;
  const slices = runs.map(run => {
    const low = from === undefined ? { offset: 0, lineBytes: 0 } : placeInRun(run, from);
    at += low.lineBytes;
    return { path: run.path, from: low.offset, to: placeInRun(run, to).offset };
  });
  const common = commonKeyBytes(runs);
  const { memoryBytes } = spec;
  const merged = mergeSlices(slices, { memoryBytes, scratch: exchange.scratch, name: `${name}-merge`, common });
  try {
    const writer = new LineWriter(file, at, merged.beside);
    try {
      for (let lines = 1, record = merged.next(); record !== undefined; lines++, record = merged.next()) {
        writer.write(record);
        if (lines % linesInTurn === 0) await pause();
      }
      writer.flush();
    } finally {
      writer.close();
    }
  } finally {
    merged.close();
  }
}
