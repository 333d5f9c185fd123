import type { Duplex } from 'node:stream';
import { isMegalithError, type MegalithError } from '../errors.js';
import { FileChannel, type FileChannelOptions } from './file-channel.js';
import { fileFailure } from './file-failure.js';
import { filesFrame } from './files-frame.js';
import { encodeRequest, type FilesRequest } from './files-request.js';

/**
 * The client's half of one transfer: asks for it and lets `transfer` do it. The stream is left open for another one; when
 * anything fails the far side is told and the stream is ended.
 * @throws MegalithError what `transfer` throws
 */
export async function askFiles<Result>(
  stream: Duplex,
  request: FilesRequest,
  options: FileChannelOptions,
  transfer: (channel: FileChannel) => Promise<Result>,
): Promise<Result> {
  const channel = new FileChannel(stream, options);
  try {
    channel.check();
    channel.keepWatch(true);
    channel.send(filesFrame.request, encodeRequest(request));
    const result = await transfer(channel);
    channel.release();
    return result;
  } catch (thrown) {
    const error = isMegalithError(thrown) ? (thrown as MegalithError) : fileFailure('a transfer', 'written', thrown);
    await channel.stop(error);
    throw error;
  }
}
