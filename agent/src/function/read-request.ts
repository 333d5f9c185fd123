import { MegalithError } from '../errors.js';
import type { LambdaRequest, PackedBytes } from '../protocol/lambda-messages.js';
import { protocolVersion } from '../protocol/messages.js';

/**
 * An event as a request.
 * @throws MegalithError PROTOCOL for anything else, and for another version of Megalith
 */
export function readRequest(event: unknown): LambdaRequest {
  if (!isRecord(event) || typeof event.megalith !== 'number') {
    throw new MegalithError('PROTOCOL', 'the event is no request of Megalith: it has no number "megalith"', {
      hint: 'this function is called by Megalith only',
    });
  }
  if (event.megalith !== protocolVersion) {
    throw new MegalithError(
      'PROTOCOL',
      `the request has protocol ${event.megalith}, and this function has ${protocolVersion}`,
      { hint: 'deploy the function anew with the same version of Megalith as the client' },
    );
  }
  const { frames, prelude, code, put } = event;
  if (!isPacked(frames) && !(isRecord(frames) && typeof frames.get === 'string')) {
    throw malformed('"frames" are neither bytes nor a place to get them from');
  }
  if (prelude !== undefined && !(isRecord(prelude) && typeof prelude.get === 'string')) {
    throw malformed('"prelude" has no place to get it from');
  }
  if (code !== undefined && !isCode(code)) throw malformed('"code" has no hash or no place to get it from');
  if (put !== undefined && typeof put !== 'string') throw malformed('"put" is no address');
  return event as unknown as LambdaRequest;
}

export function malformed(what: string): MegalithError {
  return new MegalithError('PROTOCOL', `the request is malformed: ${what}`);
}

export function isPacked(value: unknown): value is PackedBytes {
  return isRecord(value) && typeof value.base64 === 'string' && (value.gzip === undefined || value.gzip === true);
}

/** A hash becomes the name of a file. */
function isCode(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value.hash === 'string' &&
    /^[0-9a-f]{64}$/.test(value.hash) &&
    typeof value.get === 'string'
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
