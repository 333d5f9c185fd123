import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { isMegalithError, MegalithError } from '../errors.js';
import { privateFolder } from '../journal/atomic-file.js';
import { FileChannel, payloadOf } from './file-channel.js';
import { fileFailure } from './file-failure.js';
import { filesFrame } from './files-frame.js';
import { decodeRequest, type FilesRequest } from './files-request.js';
import { receiveTrees } from './receive-trees.js';
import { relativeSteps } from './safe-path.js';
import { sendTrees } from './send-trees.js';
import type { TreeSource } from './walk-tree.js';

export interface ServeFilesOptions {
  readonly signal?: AbortSignal;
  /** A client that sends nothing at all for so long in the middle of a transfer is given up, milliseconds. @defaultValue 60,000 */
  readonly silenceMs?: number;
}

/**
 * Serves one client's transfers, one after the other, until it ends the stream. All of it lies inside `root`, which is
 * made, with permissions 0700, where it is missing. A failure is told to the client and ends the stream.
 * @throws MegalithError what ended it, after the client was told: USAGE and PROTOCOL for what a client must not ask,
 * DISK_FULL, NOT_FOUND, TIMED_OUT, CONTACT_LOST, CANCELLED
 */
export async function serveFiles(stream: Duplex, root: string, options: ServeFilesOptions = {}): Promise<void> {
  const channel = new FileChannel(stream, options);
  try {
    mkdirSync(root, { recursive: true, mode: privateFolder });
    const realRoot = realpathSync(root);
    for (let frame = await channel.next(true); frame !== undefined; frame = await channel.next(true)) {
      if (frame.type !== filesFrame.request) throw new MegalithError('PROTOCOL', 'the client asked for nothing');
      const request = decodeRequest(payloadOf(frame));
      channel.keepWatch(true);
      await transfer(channel, realRoot, request);
      channel.keepWatch(false);
    }
    channel.release();
    stream.end();
  } catch (thrown) {
    const error = isMegalithError(thrown) ? thrown : fileFailure(root, 'written', thrown);
    await channel.stop(error);
    throw error;
  }
}

async function transfer(channel: FileChannel, root: string, { deed, paths }: FilesRequest): Promise<void> {
  const steps = paths.map(relativeSteps);
  if (deed === 'put') {
    await receiveTrees(
      channel,
      steps.map(each => ({ within: root, steps: each })),
    );
  } else {
    const trees = steps.map((each, tree) => sourceInside(root, each, paths[tree]!));
    await sendTrees(channel, trees, { problems: 'tell' });
  }
}

/** The named thing itself may be a link, as long as it leads to something inside. */
function sourceInside(root: string, steps: readonly string[], path: string): TreeSource {
  try {
    const real = realpathSync(join(root, ...steps), 'buffer') as unknown as Buffer;
    const inside = Buffer.from(`${root}/`);
    if (!real.equals(Buffer.from(root)) && !real.subarray(0, inside.length).equals(inside)) {
      throw new MegalithError('USAGE', `"${path}" leads out of the job's folder`, {
        hint: 'let the job copy what it leads to into its own folder',
      });
    }
    return { path: real };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { missing: path };
    throw fileFailure(path, 'read', cause);
  }
}
