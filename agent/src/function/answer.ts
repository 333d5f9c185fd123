import type { LambdaReply, LambdaRequest } from '../protocol/lambda-messages.js';
import { packBytes } from './packed-bytes.js';
import { putSigned } from './signed-url.js';

/**
 * The largest answer to a synchronous call, bytes of JSON. The documentation says 6 MB; the runtime refuses more with "Response payload size
 * exceeded maximum allowed payload size (6291556 bytes)", error `Function.ResponseSizeTooLarge`.
 */
const answerLimitBytes = 6_291_556;
/** For all in an answer that is not frames. An index takes 11 bytes at most. */
const aroundBytes = 1024;
const indexBytes = 11;
/** From here on it is quicker to store bytes than to find out that they cannot be made small enough. */
const hopelessBytes = 64 * 2 ** 20;

/**
 * Frames as they go into an answer: in it where they fit, else through the store.
 * @throws MegalithError STORE_FAILED
 */
export async function answerFrames(
  bytes: Buffer,
  returned: number,
  put: LambdaRequest['put'],
  leftMs: () => number,
): Promise<LambdaReply['frames']> {
  const roomBytes = answerLimitBytes - aroundBytes - returned * indexBytes;
  if (bytes.length <= hopelessBytes) {
    const packed = await packBytes(bytes);
    if (packed.base64.length <= roomBytes) return packed;
  }
  if (put === undefined) return { tooLarge: bytes.length };
  await putSigned(put, bytes, leftMs());
  return { put: true };
}
