import { MegalithError } from '@megalith/core';

/** What `[user@]host[:port]` says. */
export interface HostAddress {
  readonly user?: string;
  readonly host: string;
  readonly port?: number;
}

/** @throws MegalithError USAGE */
export function parseHostAddress(text: string): HostAddress {
  const match = /^(?:([^\s@:/-][^\s@:/]*)@)?(?:\[([\da-f:.%\w]+)\]|([^\s@:/[\]-][^\s@:/[\]]*))(?::(\d{1,5}))?$/i.exec(
    text,
  );
  const port = match?.[4] === undefined ? undefined : Number(match[4]);
  if (match === null || (port !== undefined && (port < 1 || port > 65_535))) {
    throw new MegalithError('USAGE', `"${text}" is not a host`, {
      hint: 'write [user@]host[:port], an IPv6 address in brackets: megan@10.0.0.7, root@[::1]:2222',
    });
  }
  return {
    host: (match[2] ?? match[3])!,
    ...(match[1] === undefined ? {} : { user: match[1] }),
    ...(port === undefined ? {} : { port }),
  };
}
