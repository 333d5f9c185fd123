import { type ErrorCode, MegalithError } from '@megalith/agent';
import type { HostKey } from './host-key.js';
import type { Layer, SshTarget } from './ssh-session.js';

/** Where something failed: one hop of a connection, and the host for whose sake it was made. */
export interface Place {
  readonly target: Pick<SshTarget, 'name' | 'address' | 'port' | 'user'>;
  /** The host behind this one, where this one is a jump host. */
  readonly jumpFor?: string;
}

export interface FailureOptions {
  readonly hint?: string;
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** `"alpha" (10.0.0.7:22)`, or `jump host "door" (10.0.0.1:22) on the way to "alpha"`. */
export function inWords({ target, jumpFor }: Place): string {
  const host = `"${target.name}" (${target.address}:${target.port})`;
  return jumpFor === undefined ? host : `jump host ${host} on the way to "${jumpFor}"`;
}

/** An SSH_FAILED that says which layer of which hop failed; `details` has `layer`, `host`, `address`, `port` and `jumpFor`. */
export function connectionFailure(
  place: Place,
  layer: Layer,
  what: string,
  options: FailureOptions = {},
): MegalithError {
  return failure('SSH_FAILED', place, layer, what, options);
}

/** CANCELLED: the caller's signal ended it. */
export function cancelled(place: Place, signal: AbortSignal): MegalithError {
  return new MegalithError('CANCELLED', `the connection to ${inWords(place)} was cancelled`, { cause: signal.reason });
}

/**
 * HOST_KEY for a host that showed none of its pinned keys. With nothing pinned the key is unknown; else it changed.
 * The hint has the line for the inventory. `details` has `seen` (type and fingerprint of each key), `pinned` and `changed`.
 */
export function hostKeyFailure(place: Place, seen: readonly HostKey[], pinned: readonly string[]): MegalithError {
  const shown = seen.map(key => `${key.fingerprint} (${key.type})`).join(', ');
  const line = `hostKeys: [${seen.map(key => `"${key.fingerprint}"`).join(', ')}]`;
  const details = { seen, pinned, changed: pinned.length > 0 };
  if (pinned.length === 0)
    return failure('HOST_KEY', place, 'hostKey', `the host key of ${inWords(place)} is unknown: it shows ${shown}`, {
      hint: `compare the fingerprint with the host's own ("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" there); if it is the same, add this line under "${place.target.name}" in the inventory: ${line}`,
      details,
    });
  return failure(
    'HOST_KEY',
    place,
    'hostKey',
    `the host key of ${inWords(place)} has changed: it shows ${shown}, and pinned is ${pinned.join(', ')}`,
    {
      hint: `somebody may be posing as this host (an attack); only if its owner confirms the new key, replace the line under "${place.target.name}" in the inventory: ${line}`,
      details,
    },
  );
}

/** Gives the layer to a failure to reach an address: what the resolver and the kernel say, in our words. */
export function dialFailure(place: Place, error: Error): MegalithError {
  const code = errnoOf(error);
  const { address, port } = place.target;
  const options = { cause: error, details: code === undefined ? {} : { errno: code } };
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
    case 'EINVAL':
      return connectionFailure(
        place,
        'name',
        `the name "${address}" of ${inWords(place)} can't be resolved (${code})`,
        {
          ...options,
          hint:
            code === 'EAI_AGAIN'
              ? 'the name server does not answer: check the network, then try again'
              : 'check the address in the inventory, and that this machine resolves it',
        },
      );
    case 'ECONNREFUSED':
      return connectionFailure(place, 'port', `${inWords(place)} refuses connections to port ${port}`, {
        ...options,
        hint: 'check the port, that sshd runs there, and that no firewall rejects it',
      });
    case 'ECONNRESET':
    case 'EPIPE':
      return connectionFailure(place, 'banner', `${inWords(place)} closed the connection before SSH began`, {
        ...options,
        hint: 'check that sshd listens on that port, and that it does not limit connections (MaxStartups)',
      });
    default:
      return connectionFailure(place, 'route', `${inWords(place)} can't be reached (${code ?? error.message})`, {
        ...options,
        hint: 'check the address, the network or VPN, and firewalls between here and there',
      });
  }
}

/** Nobody answered in time; where the silence began tells the layer. */
export function silence(place: Place, stage: Stage, waitedMs: number): MegalithError {
  const within = `within ${Math.round(waitedMs)} ms`;
  switch (stage) {
    case 'dial':
      return connectionFailure(place, 'route', `${inWords(place)} does not answer ${within}`, {
        hint: 'check the address, the network or VPN, and that no firewall drops packets to this port',
      });
    case 'banner':
      return connectionFailure(
        place,
        'banner',
        `${inWords(place)} accepts connections and sends no SSH banner ${within}`,
        {
          hint: 'check that it is sshd that listens on this port; a host that still boots needs more time',
        },
      );
    case 'exchange':
      return connectionFailure(place, 'banner', `${inWords(place)} did not finish the key exchange ${within}`, {
        hint: 'the host may be overloaded, or large packets get lost on the way (MTU)',
      });
    case 'login':
      return connectionFailure(
        place,
        'user',
        `${inWords(place)} did not answer the login of "${place.target.user}" ${within}`,
        {
          hint: 'the host may wait for a directory or name server of its own: see the log of its sshd',
        },
      );
  }
}

/** How far a connection has come. */
export type Stage = 'dial' | 'banner' | 'exchange' | 'login';

function failure(code: ErrorCode, place: Place, layer: Layer, what: string, options: FailureOptions): MegalithError {
  const { name, address, port } = place.target;
  return new MegalithError(code, what, {
    ...(options.hint !== undefined && { hint: options.hint }),
    ...(options.cause !== undefined && { cause: options.cause }),
    details: {
      layer,
      host: name,
      address,
      port,
      ...(place.jumpFor !== undefined && { jumpFor: place.jumpFor }),
      ...options.details,
    },
  });
}

/** With several addresses Node gives one AggregateError, whose own code may be missing. */
function errnoOf(error: Error): string | undefined {
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError)
    return error.errors
      .map(each => (each instanceof Error ? errnoOf(each) : undefined))
      .find(code => code !== undefined);
  return undefined;
}
