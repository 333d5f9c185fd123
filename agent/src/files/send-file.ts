import { closeSync, read as readCallback, readSync } from 'node:fs';
import { promisify } from 'node:util';
import type { FileChannel } from './file-channel.js';
import { fileFailure } from './file-failure.js';
import { filesFrame, frameHeadLength, smallHeadLength } from './files-frame.js';
import { type FileState, isSame, keepsChanging, openForReading, stateOf } from './open-file.js';

const read = promisify(readCallback);

/** Files up to this size travel in one frame, and are read without a turn of the event loop. */
export const smallFileBytes = 256 * 1024;
/** What one small file can take in a batch. */
export const smallRecordBytes = frameHeadLength + smallHeadLength + smallFileBytes;
const chunkBytes = 1024 * 1024;
/** Zeros of this length, at a multiple of it, are a hole in a sparse file. */
const holeBytes = 64 * 1024;
const zeros = Buffer.alloc(holeBytes);

/**
 * Reads a small file into `batch` at `at`, as a whole frame. Gives the frame's length, or undefined where the file is
 * too large for it or has holes.
 */
export function packSmallFile(index: number, path: Buffer, batch: Buffer, at: number): number | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openForReading(path);
    const start = at + frameHeadLength + smallHeadLength;
    for (let tries = 2; tries > 0; tries--) {
      const state = stateOf(descriptor, path);
      if (state.size > smallFileBytes || (state.sparse && state.size > holeBytes)) return undefined;
      let filled = 0;
      while (filled < state.size) {
        const count = readSync(descriptor, batch, start + filled, state.size - filled, filled);
        if (count === 0) break;
        filled += count;
      }
      if (filled < state.size || !isSame(state, stateOf(descriptor, path))) continue;
      batch.writeUInt32LE(smallHeadLength + filled, at);
      batch[at + 4] = filesFrame.small;
      writeFileHead(batch, at + frameHeadLength, index, state);
      return frameHeadLength + smallHeadLength + filled;
    }
    throw keepsChanging(path);
  } catch (cause) {
    throw fileFailure(path, 'read', cause);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Sends a file in pieces; gives its size. `onBytes` hears of each piece. */
export async function sendLargeFile(
  channel: FileChannel,
  index: number,
  path: Buffer,
  onBytes: (count: number) => void,
): Promise<number> {
  let descriptor: number | undefined;
  try {
    descriptor = openForReading(path);
    for (let tries = 2; tries > 0; tries--) {
      const state = stateOf(descriptor, path);
      const head = Buffer.alloc(smallHeadLength + 8);
      writeFileHead(head, 0, index, state);
      head.writeDoubleLE(state.size, smallHeadLength);
      channel.send(filesFrame.begin, head);
      const whole = await sendPieces(channel, descriptor, state, onBytes);
      const same = whole && isSame(state, stateOf(descriptor, path));
      channel.send(filesFrame.end, Buffer.from([same ? 1 : 0]));
      if (same) return state.size;
      onBytes(-state.size);
    }
    throw keepsChanging(path);
  } catch (cause) {
    throw fileFailure(path, 'read', cause);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** While one piece goes out the next is read. False where the file ended early. */
async function sendPieces(
  channel: FileChannel,
  descriptor: number,
  { size, sparse }: FileState,
  onBytes: (count: number) => void,
): Promise<boolean> {
  // What was sent is read into again: to make a new buffer of this size costs the kernel more than the reading.
  const free: Buffer[] = [];
  const pieceBytes = Math.min(chunkBytes, size);
  const readAt = async (position: number): Promise<Buffer> => {
    const piece = free.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
    const { bytesRead } = await read(descriptor, piece, 0, Math.min(pieceBytes, size - position), position);
    return piece.subarray(0, bytesRead);
  };
  let position = 0;
  let ahead = size > 0 ? readAt(0) : undefined;
  while (ahead !== undefined) {
    const piece = await ahead;
    position += piece.length;
    ahead = piece.length > 0 && position < size ? readAt(position) : undefined;
    try {
      if (sparse) sendWithHoles(channel, piece);
      else if (piece.length > 0) channel.sendLent(filesFrame.data, piece, () => free.push(wholeOf(piece)));
      onBytes(piece.length);
      await channel.drained();
    } catch (error) {
      // The descriptor is closed by our caller: no read may be under way then.
      await Promise.allSettled([ahead]);
      throw error;
    }
  }
  if (position < size) onBytes(size - position);
  return position === size;
}

function wholeOf(piece: Buffer): Buffer {
  return Buffer.from(piece.buffer);
}

function sendWithHoles(channel: FileChannel, piece: Buffer): void {
  let from = 0;
  let hole = isHole(piece, 0);
  for (let at = 0; at < piece.length; at += holeBytes) {
    const end = Math.min(at + holeBytes, piece.length);
    if (end < piece.length && isHole(piece, end) === hole) continue;
    if (hole) {
      const length = Buffer.alloc(8);
      length.writeDoubleLE(end - from);
      channel.send(filesFrame.hole, length);
    } else channel.send(filesFrame.data, piece.subarray(from, end));
    hole = !hole;
    from = end;
  }
}

function isHole(piece: Buffer, at: number): boolean {
  const block = piece.subarray(at, at + holeBytes);
  return block.equals(block.length === holeBytes ? zeros : zeros.subarray(0, block.length));
}

function writeFileHead(into: Buffer, at: number, index: number, { mode, mtimeUs }: FileState): void {
  into.writeUInt32LE(index, at);
  into.writeUInt16LE(mode, at + 4);
  into.writeDoubleLE(mtimeUs, at + 6);
}
