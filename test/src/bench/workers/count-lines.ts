import type { DataPart } from '@megalith/agent';
import type { TaskContext } from '@megalith/core';

export interface LineCount {
  readonly lines: number;
  readonly longestBytes: number;
}

/** Each way goes through the lines of a part one by one. */
export const ways = { batches, chunks, lines, json } as const;

async function batches(part: DataPart, { open }: TaskContext): Promise<LineCount> {
  let lines = 0;
  let longestBytes = 0;
  for await (const { ends, count } of open(part).batches()) {
    let begin = 0;
    for (let i = 0; i < count; i++) {
      const end = ends[i]!;
      if (end - begin > longestBytes) longestBytes = end - begin;
      begin = end;
    }
    lines += count;
  }
  return { lines, longestBytes };
}

async function chunks(part: DataPart, { open }: TaskContext): Promise<LineCount> {
  let lines = 0;
  let longestBytes = 0;
  for await (const chunk of open(part).lineChunks()) {
    for (const line of chunk) if (line.length >= longestBytes) longestBytes = line.length + 1;
    lines += chunk.length;
  }
  return { lines, longestBytes };
}

async function lines(part: DataPart, { open }: TaskContext): Promise<LineCount> {
  let count = 0;
  let longestBytes = 0;
  for await (const line of open(part).lines()) {
    count++;
    if (line.length >= longestBytes) longestBytes = line.length + 1;
  }
  return { lines: count, longestBytes };
}

async function json(part: DataPart, { open }: TaskContext): Promise<LineCount> {
  let count = 0;
  let longestBytes = 0;
  for await (const { bytes } of open(part).json<{ readonly bytes: number }>()) {
    count++;
    if (bytes > longestBytes) longestBytes = bytes;
  }
  return { lines: count, longestBytes };
}
