import { MegalithError } from '@megalith/agent';

/** What `redis://host:port/db?prefix=name` names. */
export interface RedisPlace {
  /** Without user and password. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly isEncrypted: boolean;
  readonly database: number;
  /** Before all names that the store has there. */
  readonly prefix: string;
  readonly username?: string;
  readonly password?: string;
}

const redisPort = 6379;
const usualPrefix = 'megalith';
/** Names are PREFIX:KIND:…, so that it has no colon. */
const prefixes = /^[A-Za-z0-9._/-]{1,200}$/;

/** @throws MegalithError CONFIG, which never shows a password */
export function redisPlace(text: string): RedisPlace {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const prefix = url?.searchParams.get('prefix') ?? usualPrefix;
  const database = /^\/?(\d{0,4})$/.exec(url?.pathname ?? '-')?.[1];
  const isKnown = [...(url?.searchParams.keys() ?? [])].every(name => name === 'prefix') && url?.hash === '';
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === '' || !isKnown) throw noPlace(text);
  if (database === undefined || !prefixes.test(prefix)) throw noPlace(text);
  const port = url.port === '' ? redisPort : Number(url.port);
  const shownPort = port === redisPort ? '' : `:${port}`;
  const shownPrefix = prefix === usualPrefix ? '' : `?prefix=${prefix}`;
  return {
    url: `${url.protocol}//${url.hostname}${shownPort}/${Number(database)}${shownPrefix}`,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    isEncrypted: url.protocol === 'rediss:',
    database: Number(database),
    prefix,
    ...(url.username === '' ? {} : { username: decoded(url.username) }),
    ...(url.password === '' ? {} : { password: decoded(url.password) }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that stands for itself.
    return text;
  }
}

/** The URL of a store as it may be shown: without user and password, however broken it is. */
export function withoutUser(url: string): string {
  return url.replace(/(:\/\/).*@/s, '$1');
}

function noPlace(text: string): MegalithError {
  const shown = withoutUser(text);
  return new MegalithError('CONFIG', `"${shown}" names no database of Redis`, {
    hint: 'write redis://host, or rediss://host:port/0?prefix=name with letters, digits and . _ - / in the name',
    details: { url: shown },
  });
}
