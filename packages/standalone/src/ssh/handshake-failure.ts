import type { MegalithError } from '@megalith/agent';
import { connectionFailure, dialFailure, inWords, type Place, type Stage } from './connection-failure.js';
import type { Login } from './login.js';

/** An error of `ssh2`: `code` is the system's where it is a string, and the host's reason to disconnect where it is a number. */
export type Ssh2Error = Error & { readonly level?: string; readonly code?: unknown };

/** Gives the layer to what `ssh2` says of a connection that is not logged in yet. */
export function handshakeFailure(place: Place, stage: Stage, error: Ssh2Error, login: Login): MegalithError {
  if (stage === 'login')
    return typeof error.code === 'number'
      ? login.refusal(place, error.message)
      : connectionFailure(place, 'user', `${inWords(place)} broke off the login (${error.message})`, {
          hint: 'see the log of its sshd (LoginGraceTime, MaxAuthTries, MaxStartups)',
          cause: error,
        });
  if (stage === 'exchange')
    return connectionFailure(place, 'banner', `the key exchange with ${inWords(place)} failed (${error.message})`, {
      hint: 'the host may be too old or too new for the algorithms that are offered: see the log of its sshd',
      cause: error,
    });
  if (typeof error.code === 'string') return dialFailure(place, error);
  if (/before handshake|closed the connection/.test(error.message))
    return connectionFailure(place, 'banner', `${inWords(place)} closed the connection before SSH began`, {
      hint: 'check that sshd listens on that port, and that it does not limit connections (MaxStartups, hosts.deny)',
      cause: error,
    });
  return connectionFailure(place, 'banner', `what listens at ${inWords(place)} does not speak SSH (${error.message})`, {
    hint: 'check the port',
    cause: error,
  });
}
