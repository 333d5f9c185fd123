import {
  type Failure,
  FrameReader,
  frameType,
  type HostMessage,
  type LambdaReply,
  MegalithError,
  protocolVersion,
  readMessage,
  readRecords,
  type TaskEvent,
  unpackBytes,
} from '@megalith/agent';

/** Larger than any answer of tasks that fit a function. */
const mostBytes = 2 ** 31;

/** What a function said of the tasks of a call. */
export interface ReadReply {
  readonly sandbox: LambdaReply['sandbox'];
  readonly events: readonly TaskEvent[];
  /** Why the job as a whole cannot run. */
  readonly jobFailure?: Failure;
  readonly returned: readonly number[];
  /** Its events did not fit the answer: it would have had so many bytes. */
  readonly tooLargeBytes?: number;
}

/** @throws MegalithError PROTOCOL for what is no answer of a function of ours */
export function parseReply(payload: Uint8Array): LambdaReply {
  let reply: unknown;
  try {
    reply = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString());
  } catch (cause) {
    throw noReply(cause);
  }
  if (!isReply(reply)) throw noReply(undefined);
  if (reply.megalith !== protocolVersion) {
    throw new MegalithError(
      'PROTOCOL',
      `the function speaks version ${reply.megalith} of the protocol, and this client ${protocolVersion}`,
      { hint: 'use the same release of Megalith on both sides' },
    );
  }
  return reply;
}

/**
 * Reads an answer.
 * @param stored reads the frames from the store, where they are there
 */
export async function readReply(
  { frames, returned = [], sandbox }: LambdaReply,
  stored: () => Promise<Buffer>,
): Promise<ReadReply> {
  if ('tooLarge' in frames) return { sandbox, events: [], returned, tooLargeBytes: frames.tooLarge };
  const bytes = 'put' in frames ? await stored() : await unpackBytes(frames, mostBytes);
  const events: TaskEvent[] = [];
  let jobFailure: Failure | undefined;
  const reader = new FrameReader((type, frame) => {
    if (type === frameType.records) {
      for (const event of readRecords(frame)) events.push(event);
      return;
    }
    if (type !== frameType.control) return;
    const message = readMessage(frame) as HostMessage;
    if (message.type === 'jobFailed') jobFailure = message.failure;
  });
  reader.push(bytes);
  return { sandbox, events, returned, ...(jobFailure === undefined ? {} : { jobFailure }) };
}

function isReply(value: unknown): value is LambdaReply {
  if (!isRecord(value) || typeof value.megalith !== 'number' || !isRecord(value.frames)) return false;
  const { frames, returned, sandbox } = value;
  const hasFrames = typeof frames.base64 === 'string' || frames.put === true || typeof frames.tooLarge === 'number';
  const hasReturned = returned === undefined || (Array.isArray(returned) && returned.every(Number.isInteger));
  return hasFrames && hasReturned && isRecord(sandbox) && typeof sandbox.id === 'string';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function noReply(cause: unknown): MegalithError {
  return new MegalithError('PROTOCOL', 'the function gave an answer that is none of ours', {
    hint: 'after `megalith lambda clean --all` it is made anew',
    ...(cause === undefined ? {} : { cause }),
  });
}
