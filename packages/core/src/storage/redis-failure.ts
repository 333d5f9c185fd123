import { fieldsOf, isMegalithError, MegalithError } from '@megalith/agent';

/** What the server, or the network below it, says of a failure. */
interface RedisFacts {
  /** The first word of the server's answer, or the system's code. */
  readonly code: string;
  readonly reason: string;
  readonly isAnswer: boolean;
}

function redisFacts(error: unknown): RedisFacts {
  const { code, errorIndexes, replies } = fieldsOf(error);
  // Of commands that go together, the first that was refused says why.
  if (Array.isArray(errorIndexes) && Array.isArray(replies)) return redisFacts(replies[Number(errorIndexes[0])]);
  const said = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim();
  const word = /^([A-Z]{2,})\b/.exec(said)?.[1];
  if (typeof code === 'string') return { code, reason: said === '' ? code : said, isAnswer: false };
  if (word !== undefined) return { code: word, reason: said, isAnswer: true };
  const name = error instanceof Error ? error.constructor.name : 'UnknownError';
  return { code: name, reason: said === '' ? name : said, isAnswer: false };
}

const soon = new Set(['LOADING', 'BUSY', 'TRYAGAIN', 'MASTERDOWN']);

/** Whether the same may go well in a moment: the connection was lost, or the server is not ready. */
export function isPassing(error: unknown): boolean {
  if (isMegalithError(error)) return false;
  const { code, isAnswer } = redisFacts(error);
  return !isAnswer || soon.has(code);
}

const credentials =
  'give the password by REDIS_PASSWORD in the environment, and the user by REDIS_USERNAME where there is one';

const refused: Readonly<Record<string, string>> = {
  NOAUTH: credentials,
  WRONGPASS: credentials,
  NOPERM: 'the user needs rights to read and write all names that begin with the prefix of the store',
};

const failed: Readonly<Record<string, string>> = {
  MOVED: 'a cluster of Redis is none of our stores: give a server that has all names itself',
  CROSSSLOT: 'a cluster of Redis is none of our stores: give a server that has all names itself',
  READONLY: 'it is a replica: give the server that is written to',
  MISCONF: 'the server cannot save to its disk, and takes nothing until it can',
};

/**
 * The error that users see for one that a call to a store threw. Errors of ours pass as they are.
 * @param secret is shown nowhere: servers may repeat what they do not understand
 */
export function redisFailure(
  what: string,
  place: string,
  error: unknown,
  secret: string | undefined = undefined,
): MegalithError {
  if (isMegalithError(error)) return error;
  const { code, reason } = redisFacts(error);
  const isTold = secret !== undefined && secret !== '' && reason.includes(secret);
  const said = isTold ? `${code}, with more that is not shown` : reason;
  const about = { details: { storeCode: code }, ...(isTold ? {} : { cause: error }) };
  if (code === 'OOM') {
    const hint = 'remove what nobody needs, or give the server more memory (`maxmemory`)';
    return new MegalithError('DISK_FULL', `${place} has no memory left ${what}: ${said}`, { hint, ...about });
  }
  const isRefused = code in refused || /without any password configured/.test(reason);
  if (isRefused) {
    const hint = refused[code] ?? 'the server wants no password: unset REDIS_PASSWORD';
    return new MegalithError('NO_CREDENTIALS', `${place} refused ${what}: ${said}`, { hint, ...about });
  }
  const hint = failed[code] ?? `see whether ${place} can be reached from here, and try again`;
  return new MegalithError('STORE_FAILED', `${place} failed ${what}: ${said}`, { hint, ...about });
}
