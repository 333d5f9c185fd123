import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { extname } from 'node:path';
import { MegalithError } from '@megalith/core';
import { BatchedWriter } from './batched-writer.js';

/** Where results go, as JSON texts. */
export interface Results {
  add(json: string): void;
  /** Everything is written. @param isWhole false where results are missing; a file then keeps the name with `.part` added */
  end(isWhole: boolean): void;
  /** Where they are, for people; undefined for standard output. */
  readonly path: string | undefined;
}

/** One JSON value a line on standard output, or in a file; one array where the file is called `.json`. */
export function openResults(path: string | undefined): Results {
  return path === undefined ? standardOutput() : new ResultsFile(path);
}

function standardOutput(): Results {
  const writer = new BatchedWriter(bytes => process.stdout.write(bytes));
  return { add: json => writer.line(json), end: () => writer.flush(), path: undefined };
}

/** Appears under its name only when it is whole, so that nobody takes a part for the whole. */
class ResultsFile implements Results {
  readonly #path: string;
  readonly #file: number;
  readonly #writer: BatchedWriter;
  readonly #isArray: boolean;
  #isFirst = true;
  #isWhole = false;

  constructor(path: string) {
    this.#path = path;
    this.#isArray = extname(path).toLowerCase() === '.json';
    this.#file = open(this.#partPath);
    this.#writer = new BatchedWriter(bytes => writeAll(this.#file, bytes));
  }

  get #partPath(): string {
    return `${this.#path}.part`;
  }

  get path(): string {
    return this.#isWhole ? this.#path : this.#partPath;
  }

  add(json: string): void {
    if (!this.#isArray) {
      this.#writer.line(json);
      return;
    }
    this.#writer.text(`${this.#isFirst ? '[' : ','}\n${json}`);
    this.#isFirst = false;
  }

  end(isWhole: boolean): void {
    if (this.#isArray) this.#writer.text(this.#isFirst ? '[]\n' : '\n]\n');
    this.#writer.flush();
    closeSync(this.#file);
    if (isWhole) renameSync(this.#partPath, this.#path);
    else if (this.#isFirst && this.#isArray) rmSync(this.#partPath);
    this.#isWhole = isWhole;
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new MegalithError('USAGE', `cannot write "${path}": ${(error as Error).message}`, {
      hint: 'name a file in a folder that is there and yours to write',
      cause: error,
    });
  }
}

function writeAll(file: number, bytes: Uint8Array | string): void {
  const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  for (let at = 0; at < data.length; ) at += writeSync(file, data, at);
}
