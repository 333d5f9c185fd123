import { closeSync, openSync, readSync } from 'node:fs';
import type { FileLines } from './file-lines.js';

const newline = 0x0a;
const readBytes = 64 * 1024;

/** The lines that begin in a range of a file, without their newlines, one by one. Each is good until the next one is asked for. */
export function* eachLine({ file, start, end }: FileLines): Generator<Buffer, void, undefined> {
  const fd = openSync(file, 'r');
  try {
    let bytes = Buffer.allocUnsafeSlow(readBytes);
    // If the byte before it ends a line, one begins at `start`.
    let at = Math.max(0, start - 1);
    let isInside = start > 0;
    let begin = 0;
    let filled = 0;
    for (let scanned = 0; ; ) {
      const found = bytes.subarray(0, filled).indexOf(newline, scanned);
      const lineAt = at - (filled - begin);
      if (!isInside && lineAt >= end) return;
      if (found !== -1) {
        if (!isInside) yield bytes.subarray(begin, found);
        isInside = false;
        begin = found + 1;
        scanned = begin;
        continue;
      }
      if (isInside) begin = filled;
      const rest = filled - begin;
      const room = rest > bytes.length / 2 ? Buffer.allocUnsafeSlow(2 * bytes.length) : bytes;
      bytes.copy(room, 0, begin, filled);
      bytes = room;
      begin = 0;
      scanned = rest;
      const got = readSync(fd, bytes, rest, bytes.length - rest, at);
      filled = rest + got;
      at += got;
      if (got > 0) continue;
      if (rest > 0) yield bytes.subarray(0, rest);
      return;
    }
  } finally {
    closeSync(fd);
  }
}
