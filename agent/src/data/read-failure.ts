import { MegalithError } from '../errors.js';

/** The object is another one than when it was cut into parts. */
export function dataChanged(name: string, how: string): MegalithError {
  return new MegalithError('DATA_CHANGED', `"${name}" changed since it was cut into parts: ${how}`, {
    hint: 'submit the job again when nothing writes to it any more',
  });
}

export function dataMissing(name: string): MegalithError {
  return new MegalithError('NOT_FOUND', `"${name}" is not there any more`, {
    hint: 'see whether something removed it since the job was submitted',
  });
}

export function readCancelled(name: string, signal: AbortSignal): MegalithError {
  return new MegalithError('CANCELLED', `reading "${name}" was ended, for its task was`, { cause: signal.reason });
}

export function quoteOpen(name: string, at: number): MegalithError {
  return new MegalithError('USAGE', `the record at byte ${at} of "${name}" has a quote that is not closed`, {
    hint: "mend that record, or take the object by the format 'lines' if it has no newlines between quotes",
  });
}
