import { type ErrorCode, MegalithError } from '../errors.js';

/** The codes that may come from the other side; anything else is a PROTOCOL error. */
const codes: readonly ErrorCode[] = ['USAGE', 'NOT_FOUND', 'DISK_FULL', 'JOURNAL_FAILED', 'PROTOCOL', 'TIMED_OUT'];

export function encodeFailure(error: MegalithError): Buffer {
  const { code, message, hint } = error;
  return Buffer.from(JSON.stringify({ code, message, hint }));
}

/** The peer may be hostile: its text is cut, and what would steer a terminal is taken out. */
export function decodeFailure(payload: Buffer): MegalithError {
  const { code, message, hint } = parseRecord(payload);
  const known = codes.find(name => name === code) ?? 'PROTOCOL';
  return new MegalithError(known, plain(message) ?? 'the other side stopped without a reason', {
    ...(plain(hint) === undefined ? {} : { hint: plain(hint)! }),
    details: { side: 'far' },
  });
}

/** A JSON object that a peer sent. @throws MegalithError PROTOCOL */
export function parseRecord(payload: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString());
  } catch (cause) {
    throw new MegalithError('PROTOCOL', 'the other side sent a message that is no JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MegalithError('PROTOCOL', 'the other side sent a message of another form than expected');
  }
  return value as Record<string, unknown>;
}

/** Text of a peer that is safe to print, or undefined where it is none. */
function plain(text: unknown): string | undefined {
  return typeof text === 'string' ? text.slice(0, 2_000).replace(/\p{Cc}/gu, '?') : undefined;
}
