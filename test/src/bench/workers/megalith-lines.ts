// Goes through the lines of a file with Megalith, in parts of 128 MiB. Prints the milliseconds from the call to all results.
// Arguments: file; way (see count-lines.ts); how many lines there are; `warm` (slots and bundle exist before) or `cold`.
import { statSync } from 'node:fs';
import type { DataPart } from '@megalith/agent';
import { FunctionExecutor } from '@megalith/core';
import { ways } from './count-lines.js';

const [, , file = '', way, expected, state] = process.argv;
const count = ways[way as keyof typeof ways];
const partBytes = 128 * 2 ** 20;

function partsOf(path: string): DataPart[] {
  const { size, mtimeNs } = statSync(path, { bigint: true });
  const bytes = Number(size);
  const parts = Math.ceil(bytes / partBytes);
  return Array.from({ length: parts }, (_, part) => ({
    megalith: 'part',
    from: { file: path },
    name: path,
    start: part * partBytes,
    end: Math.min(bytes, (part + 1) * partBytes),
    bytes,
    version: `${size}-${mtimeNs}`,
    part,
    parts,
    format: { type: way === 'json' ? 'ndjson' : 'lines' },
  }));
}

const parts = partsOf(file);
await using executor = new FunctionExecutor();
if (state === 'warm') await executor.map(count, parts.slice(0, 8));

const began = performance.now();
const results = await executor.map(count, parts);
const tookMs = performance.now() - began;

const lines = results.reduce((sum, result) => sum + result.lines, 0);
if (lines !== Number(expected)) throw new Error(`${lines} lines of ${expected}`);
console.log(tookMs);
