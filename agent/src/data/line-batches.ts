import type { ByteSource } from './byte-source.js';
import type { DataPart } from './data-part.js';
import { type LineBatch, lineBatch } from './line-batch.js';
import { type PlainFormat, partPieces } from './part-pieces.js';
import { type Block, tooLong } from './record-blocks.js';
import { endsOf } from './record-texts.js';
import { blockBytes, LineScan, scanBytes } from './scan/line-scan.js';
import { type ScanMemory, scanMemory } from './scan/scan-memory.js';

/** Memory that nothing uses: to make it takes as long as to scan a megabyte. */
let idle: ScanMemory | undefined;

/**
 * The records of a part whose lines are lines, whatever is in them. Where the source can it reads right into the memory that is scanned.
 * @param mostBytes of a record
 * @throws MegalithError OVER_MEMORY for a longer one, and what the source throws
 */
export async function* scannedBatches(
  source: ByteSource,
  part: DataPart,
  format: Extract<PlainFormat, { readonly type: 'lines' | 'ndjson' }>,
  mostBytes: number,
): AsyncGenerator<LineBatch> {
  const memory = idle ?? scanMemory(scanBytes);
  idle = undefined;
  const scan = new LineScan(memory, format.type === 'lines');
  const intoMemory: ByteSource = {
    read: (start, end) => source.readInto?.(start, end, () => scan.room()) ?? source.read(start, end),
  };
  try {
    let behind = 0;
    for await (const { at, bytes } of partPieces(intoMemory, part, format)) {
      behind = at + bytes.length;
      if (bytes.buffer === memory.buffer) {
        const batch = scan.batch(bytes, at);
        if (batch !== undefined) yield batch;
      } else {
        for (let from = 0; from < bytes.length; from += blockBytes) {
          const chunk = bytes.subarray(from, from + blockBytes);
          const place = scan.room().subarray(0, chunk.length);
          place.set(chunk);
          const batch = scan.batch(place, at + from);
          if (batch !== undefined) yield batch;
        }
      }
      if (scan.openBytes > mostBytes) throw tooLong(part.name, behind - scan.openBytes, mostBytes);
    }
    const rest = scan.rest(behind);
    if (rest !== undefined) yield rest;
  } finally {
    // Not one that a long record made large.
    if (memory.buffer.byteLength < 2 * scanBytes) idle = memory;
  }
}

/** The records of blocks whose ends are known otherwise. */
export async function* blockBatches(blocks: AsyncIterable<Block>, format: PlainFormat): AsyncGenerator<LineBatch> {
  for await (const block of blocks) {
    yield lineBatch(block.bytes, Uint32Array.from(endsOf(block, format)), block.at, format.type !== 'records');
  }
}
