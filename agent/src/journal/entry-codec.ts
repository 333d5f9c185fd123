import { crc32 } from 'node:zlib';

/**
 * One journal entry: u32 length of the payload | u8 kind | payload | u32 CRC-32 of all before it. Little endian.
 * `records`: task events, the bytes of a frame of the wire. `control`: a v8-serialized `ControlEntry`. A durable job keeps
 * its `logs` apart from other records, so that readers can take them later, and has the `tasks` frames that came.
 */
export type EntryKind = 'records' | 'control' | 'logs' | 'tasks';

const entryHeaderBytes = 5;
const entryTrailerBytes = 4;

/** No payload is longer, so that a damaged length is seen as such; frames of the wire are far below. */
const maxPayloadBytes = 2 ** 30;

const kindCodes: Readonly<Record<EntryKind, number>> = { records: 1, control: 2, logs: 3, tasks: 4 };
const kindsByCode: ReadonlyMap<number, EntryKind> = new Map(
  (Object.keys(kindCodes) as EntryKind[]).map(kind => [kindCodes[kind], kind]),
);

/** The bytes that go before and after the payload; the payload itself is not copied. */
export function frameEntry(
  kind: EntryKind,
  parts: readonly Uint8Array[],
): { readonly header: Buffer; readonly trailer: Buffer; readonly byteLength: number } {
  let payloadBytes = 0;
  for (const part of parts) payloadBytes += part.byteLength;
  if (payloadBytes > maxPayloadBytes) {
    throw new RangeError(`a journal entry of ${payloadBytes} bytes is over the limit of ${maxPayloadBytes}`);
  }
  const frame = Buffer.allocUnsafe(entryHeaderBytes + entryTrailerBytes);
  const header = frame.subarray(0, entryHeaderBytes);
  header.writeUInt32LE(payloadBytes, 0);
  header.writeUInt8(kindCodes[kind], 4);
  let sum = crc32(header);
  // An empty part would reset the sum: Node hands zlib a null pointer for it, which means "start afresh".
  for (const part of parts) if (part.byteLength > 0) sum = crc32(part, sum);
  const trailer = frame.subarray(entryHeaderBytes);
  trailer.writeUInt32LE(sum, 0);
  return { header, trailer, byteLength: payloadBytes + frame.byteLength };
}

export type ParsedEntry =
  | { readonly status: 'entry'; readonly kind: EntryKind; readonly payload: Buffer; readonly byteLength: number }
  /** Bytes are missing; `byteLength` is what the entry needs, or the least it can need. */
  | { readonly status: 'incomplete'; readonly byteLength: number }
  | { readonly status: 'corrupt'; readonly byteLength: number };

/** Reads the entry that starts at `start`; the payload is a view of `bytes`. */
export function parseEntry(bytes: Buffer, start: number): ParsedEntry {
  const available = bytes.byteLength - start;
  if (available < entryHeaderBytes) {
    return { status: 'incomplete', byteLength: entryHeaderBytes + entryTrailerBytes };
  }
  const payloadBytes = bytes.readUInt32LE(start);
  const byteLength = entryHeaderBytes + payloadBytes + entryTrailerBytes;
  const kind = kindsByCode.get(bytes.readUInt8(start + 4));
  if (kind === undefined || payloadBytes > maxPayloadBytes) return { status: 'corrupt', byteLength };
  if (available < byteLength) return { status: 'incomplete', byteLength };
  const payloadEnd = start + entryHeaderBytes + payloadBytes;
  if (crc32(bytes.subarray(start, payloadEnd)) !== bytes.readUInt32LE(payloadEnd)) {
    return { status: 'corrupt', byteLength };
  }
  const payload = bytes.subarray(start + entryHeaderBytes, payloadEnd);
  return { status: 'entry', kind, payload, byteLength };
}
