import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { MegalithError } from '../../errors.js';

/** Keys are told up to here: enough to order all but the most unusual ones, and places told by a beginning are still right. */
export const sampleKeyBytes = 1024;

/** Where one record of a run stands. */
export interface RunSample {
  /** Its key, or the beginning of it. */
  readonly key: Buffer;
  readonly offset: number;
  /** What the records before it take as lines: each its value, or its key where it has none, and a newline. */
  readonly lineBytes: number;
}

/** What is known of a run, beside its records. */
export interface RunSummary {
  readonly path: string;
  /** Of the records. */
  readonly dataBytes: number;
  /** What all its records take as lines. */
  readonly lineBytes: number;
  readonly records: number;
  /** The first record's, and some of the others. */
  readonly samples: readonly RunSample[];
  /** The last record's key, or the beginning of it. */
  readonly lastKey: Buffer;
}

const magic = Buffer.from('MEGARUN1');
const endBytes = 48;

/** What stands behind a run's records. */
export function encodeRunEnd({ dataBytes, lineBytes, records, samples, lastKey }: RunSummary): Buffer {
  const parts: Buffer[] = [];
  for (const { key, offset, lineBytes: before } of samples)
    parts.push(number(key.length), key, number(offset), number(before));
  parts.push(number(lastKey.length), lastKey);
  const index = Buffer.concat(parts);
  const numbers = [dataBytes, lineBytes, records, samples.length, index.length].map(number);
  return Buffer.concat([index, ...numbers, magic]);
}

/** @throws MegalithError DATA_CHANGED for a run that is not whole */
export function readRunEnd(path: string): RunSummary {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    const end = Buffer.alloc(endBytes);
    if (size < endBytes || readSync(fd, end, 0, endBytes, size - endBytes) < endBytes) throw notWhole(path);
    if (!end.subarray(endBytes - magic.length).equals(magic)) throw notWhole(path);
    const [dataBytes, lineBytes, records, count, indexBytes] = [0, 8, 16, 24, 32].map(at => end.readDoubleLE(at)) as [
      number,
      number,
      number,
      number,
      number,
    ];
    if (dataBytes + indexBytes + endBytes !== size) throw notWhole(path);
    const index = Buffer.alloc(indexBytes);
    if (readSync(fd, index, 0, indexBytes, dataBytes) < indexBytes) throw notWhole(path);
    let at = 0;
    const next = (): number => {
      at += 8;
      return index.readDoubleLE(at - 8);
    };
    const bytes = (): Buffer => {
      const length = next();
      at += length;
      return index.subarray(at - length, at);
    };
    const samples = Array.from({ length: count }, () => ({ key: bytes(), offset: next(), lineBytes: next() }));
    return { path, dataBytes, lineBytes, records, samples, lastKey: bytes() };
  } finally {
    closeSync(fd);
  }
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

function notWhole(path: string): MegalithError {
  return new MegalithError('DATA_CHANGED', `the run "${path}" is not whole`, {
    hint: 'something else wrote into the folder of the shuffle: run it again',
  });
}
