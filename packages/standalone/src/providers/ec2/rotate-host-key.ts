import { MegalithError } from '@megalith/agent';
import { shellQuote } from '../../bootstrap/shell-quote.js';
import { fingerprintOf } from '../../ssh/host-key.js';
import type { SshSession } from '../../ssh/ssh-session.js';
import { installKeyScript, stageKeyScript } from './host-key-scripts.js';

export interface RotateOptions {
  /** The fingerprint that the machine was born with, and under which the session was opened. */
  readonly injected: string;
  /** Has written these pins to disk when it settles. It comes before the machine shows the new key. */
  readonly pin: (fingerprints: readonly string[]) => Promise<void>;
  /** The private half of the machine's Ed25519 host key. @defaultValue OpenSSH's own place */
  readonly keyPath?: string;
  /** A shell command that makes sshd read its keys anew and leaves sessions alone. @defaultValue through systemd, else by the pid file */
  readonly reload?: string;
  /** For each of two steps, milliseconds. @defaultValue 30,000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const opensshKeyPath = '/etc/ssh/ssh_host_ed25519_key';

// With a socket instead of a daemon each connection reads the keys itself.
const reloadSshd = [
  'systemctl reload sshd 2>/dev/null',
  'systemctl reload ssh 2>/dev/null',
  '{ [ -s /run/sshd.pid ] && kill -HUP "$(cat /run/sshd.pid)"; }',
  'systemctl is-active --quiet sshd.socket ssh.socket',
].join(' || ');

/**
 * Has the machine make a new host key itself, since whoever reads its user data knows the one it was born with, and reads the public half over the session.
 * May be cut off at any point and done again, also by another connection: until then the machine shows one of the two keys that were pinned. Once a
 * connection has seen the new one, the caller drops the injected one from the pins.
 * @returns the fingerprint of the new key
 * @throws MegalithError BOOTSTRAP_FAILED with `details.layer` `'hostKey'`; SSH_FAILED, TIMED_OUT, CANCELLED; what `pin` throws
 */
export async function rotateHostKey(session: SshSession, options: RotateOptions): Promise<string> {
  const { injected, keyPath = opensshKeyPath, reload = reloadSshd } = options;
  const staged = await runAsRoot(session, stageKeyScript(keyPath, injected), keyPath, options);
  const found = /^megalith-host-key (ssh-ed25519) ([A-Za-z0-9+/]+={0,2})(?: .*)?$/m.exec(staged);
  if (found === null) throw failed(session, 'the machine did not tell its new host key');
  const [, type, base64] = found;
  const fingerprint = fingerprintOf(Buffer.from(base64!, 'base64'));
  await options.pin([injected, fingerprint]);
  await runAsRoot(session, installKeyScript(keyPath, `${type} ${base64}`, reload), keyPath, options);
  return fingerprint;
}

async function runAsRoot(
  session: SshSession,
  script: string,
  keyPath: string,
  { timeoutMs = 30_000, signal }: RotateOptions,
): Promise<string> {
  const folder = keyPath.replace(/\/[^/]*$/, '');
  // Whoever may write there needs no sudo, which may not be there either.
  const command = `sh -c 'if [ -w "$0" ]; then exec sh -s; else exec sudo -n sh -s; fi' ${shellQuote(folder)}`;
  const stdin = Buffer.from(script);
  const result = await session.exec(command, { stdin, timeoutMs, ...(signal !== undefined && { signal }) });
  if (result.code === 0) return result.stdout;
  const reason = result.stderr.trim().split('\n').at(-1) || `exit code ${result.code ?? result.signal}`;
  throw failed(session, reason);
}

function failed({ target }: SshSession, reason: string): MegalithError {
  return new MegalithError('BOOTSTRAP_FAILED', `"${target.name}" could not replace its host key: ${reason}`, {
    hint: `"${target.user}" must be allowed to use sudo without a password there, and OpenSSH must be installed`,
    details: { layer: 'hostKey', host: target.name, reason },
  });
}
