const pieceBytes = 1024 * 1024;

/** The payloads of the frames that carry a shared input from an offset on. An empty input has one too: it is how the host learns that it has all. */
export function* sharedPieces(
  job: number,
  position: number,
  bytes: Uint8Array,
  from = 0,
): Generator<readonly Uint8Array[], void> {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(job, 0);
  head.writeUInt32LE(position, 4);
  for (let at = from; at === 0 || at < bytes.length; at += pieceBytes)
    yield [head, bytes.subarray(at, at + pieceBytes)];
}
