import { createHash } from 'node:crypto';
import { unzipSync } from 'fflate';
import { invalid } from '../wire/lambda-error.js';

/** 250 MB unzipped. */
const largestUnzipped = 262_144_000;

/** A deployment package. */
export interface FunctionCode {
  readonly sha256: string;
  /** Of the zip. */
  readonly byteLength: number;
  /** By path. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** @throws LambdaError for what is no zip, or too large when unzipped */
export function readCode(zipFile: unknown): FunctionCode {
  if (typeof zipFile !== 'string') throw invalid('Please provide a source for function code.');
  const zip = Buffer.from(zipFile, 'base64');
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(zip);
  } catch {
    throw invalid('Could not unzip uploaded file. Please check your file, then try to upload again.');
  }
  const unzipped = Object.values(files).reduce((sum, { length }) => sum + length, 0);
  if (unzipped > largestUnzipped) throw invalid(`Unzipped size must be smaller than ${largestUnzipped} bytes`);
  return { sha256: createHash('sha256').update(zip).digest('base64'), byteLength: zip.length, files };
}
