import type { Duplex, Readable } from 'node:stream';

/** Where an SSH connection goes, who comes, and which key the host has to show. */
export interface SshTarget {
  /** What people call the host; it stands in errors. */
  readonly name: string;
  /** A DNS name or an address. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Private keys to offer, in order: the text of the file, and its path for errors. */
  readonly keys: readonly SshKey[];
  /** Socket of an SSH agent that may sign too. */
  readonly agentSocket?: string;
  /** Fingerprints as OpenSSH prints them (`SHA256:…`, no padding): the host must show a key with one of these. Empty: any key is refused. */
  readonly hostKeys: readonly string[];
  /** A host to go through; its own key is checked as well. */
  readonly jump?: SshTarget;
}

export interface SshKey {
  readonly path: string;
  readonly text: string;
  readonly passphrase?: string;
}

export interface ConnectOptions {
  readonly signal?: AbortSignal;
  /** TCP connection, banner, key exchange and login together, milliseconds. @defaultValue 15,000 */
  readonly timeoutMs?: number;
  /** From the TCP connection to the server's banner, milliseconds. @defaultValue 5,000 */
  readonly bannerTimeoutMs?: number;
  /** A silent connection is probed this often, and given up after three probes without an answer, milliseconds. @defaultValue 5,000 */
  readonly keepAliveMs?: number;
}

export interface ExecOptions {
  readonly signal?: AbortSignal;
  /** @defaultValue 60,000 */
  readonly timeoutMs?: number;
  /** Sent to the command's standard input, which is then closed. @defaultValue nothing */
  readonly stdin?: Buffer | Readable;
  /** More output than this ends the command with an error, bytes each stream. @defaultValue 16 MiB */
  readonly maxOutputBytes?: number;
}

export interface ExecResult {
  /** Undefined where a signal ended the command. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs on the host: a stream to its standard input and from its standard output. */
export interface RemoteCommand {
  readonly stream: Duplex;
  readonly stderr: Readable;
  /** Settles when the command has ended and its output was read; rejects when the connection is lost before. */
  readonly ended: Promise<Pick<ExecResult, 'code' | 'signal'>>;
}

/** One SSH connection, over which many streams may go at once. */
export interface SshSession {
  readonly target: SshTarget;
  /** Runs a command in the user's login shell, to its end. @throws MegalithError SSH_FAILED, TIMED_OUT, CANCELLED */
  exec(command: string, options?: ExecOptions): Promise<ExecResult>;
  /** Starts a command and gives its streams. */
  start(command: string): Promise<RemoteCommand>;
  /** Connects to a unix socket of the host. @throws MegalithError SSH_FAILED with `details.layer` `'forward'` where the server does not allow it or nobody listens */
  openSocket(path: string): Promise<Duplex>;
  /** Opens a TCP connection from the host, as a jump host does. */
  openTcp(address: string, port: number): Promise<Duplex>;
  /** Settles when the connection is over: with the reason where it was not `close`. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  /** Whether the connection is to keep this process alive; it does at first. */
  hold(busy: boolean): void;
  /** Ends the connection and all its streams. Idempotent. */
  close(): void;
}

/** What of a connection or a bootstrap failed; `details.layer` of a MegalithError SSH_FAILED, HOST_KEY or BOOTSTRAP_FAILED. */
export type Layer =
  | 'name'
  | 'route'
  | 'port'
  | 'banner'
  | 'hostKey'
  | 'user'
  | 'key'
  | 'forward'
  | 'disk'
  | 'exec'
  | 'node';
