import { MegalithError } from '@megalith/agent';

export function notFound(key: string, url: string, cause?: unknown): MegalithError {
  return new MegalithError('NOT_FOUND', `there is no "${key}" in ${url}`, {
    hint: 'see what is there: its job may have removed it',
    details: { key, store: url },
    ...(cause === undefined ? {} : { cause }),
  });
}

export function alreadyThere(key: string, url: string, cause?: unknown): MegalithError {
  return new MegalithError('ALREADY_THERE', `"${key}" is in ${url} already`, {
    hint: 'take another key, or allow that it is replaced',
    details: { key, store: url },
    ...(cause === undefined ? {} : { cause }),
  });
}
