/** Parts of a multipart upload, all but the last of one size: S3 wants 5 MiB at least, and some that speak S3 want them equal. */
const partBytes = 16 * 2 ** 20;
/** After so many parts they double: 10,000 parts, which is S3's limit, then hold more than its largest object of 5 TiB. */
const partsOfOneSize = 1500;

function partBytesOf(number: number): number {
  return partBytes * 2 ** Math.floor((number - 1) / partsOfOneSize);
}

export interface BodyPart {
  /** Counts from 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

/** A body in parts; at least one, which may be empty. An array is not copied. */
export async function* bodyParts(
  body: Uint8Array | AsyncIterable<Uint8Array>,
  sizeOf: (number: number) => number = partBytesOf,
): AsyncGenerator<BodyPart> {
  if (body instanceof Uint8Array) yield* partsOfArray(body, sizeOf);
  else yield* partsOfStream(body, sizeOf);
}

function* partsOfArray(body: Uint8Array, sizeOf: (number: number) => number): Generator<BodyPart> {
  for (let number = 1, at = 0; ; number++) {
    const bytes = body.subarray(at, at + sizeOf(number));
    at += bytes.length;
    yield { number, bytes, isLast: at === body.length };
    if (at === body.length) return;
  }
}

async function* partsOfStream(
  body: AsyncIterable<Uint8Array>,
  sizeOf: (number: number) => number,
): AsyncGenerator<BodyPart> {
  let number = 1;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of body) {
    let rest = chunk;
    // A full part waits for one more byte: only then it is not the last.
    while (heldBytes + rest.length > sizeOf(number)) {
      const room = sizeOf(number) - heldBytes;
      held.push(rest.subarray(0, room));
      yield { number, bytes: Buffer.concat(held), isLast: false };
      rest = rest.subarray(room);
      number++;
      held = [];
      heldBytes = 0;
    }
    // A copy: whoever gives the chunk may use its memory again.
    held.push(new Uint8Array(rest));
    heldBytes += rest.length;
  }
  yield { number, bytes: Buffer.concat(held), isLast: true };
}
