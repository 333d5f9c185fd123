/**
 * How the hosts are made.
 * - `namespaces`: each has its own network, processes, mounts, host name and disk; needs Linux, root, iproute2, util-linux, sshd.
 * - `loopback`: an sshd of its own on 127.0.0.x, as the user who runs the tests, with a home in a temporary folder.
 * - `ssh2`: the same with the `Server` of ssh2 in place of sshd; needs nothing but Node.
 */
export type HostKind = 'namespaces' | 'loopback' | 'ssh2';

/** What not every kind of host can do. */
export type Ability =
  /** `cutOff`, `heal`, `linkDown`, `linkUp` */
  | 'network'
  /** `powerLoss`, `powerOn` */
  | 'power'
  /** `fillDisk`, `freeDisk` */
  | 'disk'
  /** A real OpenSSH server answers. */
  | 'openssh'
  /** A host without Node, and hosts behind another that nobody reaches directly. */
  | 'isolation';

export interface HostOptions {
  /** @defaultValue the kind that `MEGALITH_TEST_HOSTS` names, else the truest that this machine allows */
  readonly kind?: HostKind;
  /** Whether `node` is on the PATH of the hosts. @defaultValue true; false needs 'isolation' */
  readonly node?: boolean;
  /** The first host is the door to all others: their entries name it as `jump`. With 'isolation' there is no other way. @defaultValue false */
  readonly behindFirst?: boolean;
  /** Whether the server forwards to unix sockets. @defaultValue true */
  readonly socketForwarding?: boolean;
  /** How far the clock of Node programs on the hosts is ahead, milliseconds. Times of files are not shifted. @defaultValue 0 */
  readonly clockOffsetMs?: number;
  /** Size of each host's disk where hosts have one ('disk'). @defaultValue 2 GiB */
  readonly diskBytes?: number;
  /** A folder of this machine that the hosts have under the same path. @defaultValue none; hosts without 'isolation' see all folders of the user */
  readonly sharedFolder?: string;
}

/** Hosts with SSH, made for a test and ended with it. */
export interface TestHosts extends AsyncDisposable, Iterable<TestHost> {
  readonly kind: HostKind;
  readonly all: readonly TestHost[];
  /** The first host. */
  readonly first: TestHost;
  /** Ends the hosts and all that ran on them, and waits until nothing is left. Idempotent. */
  close(): Promise<void>;
}

/** One host. All paths and process ids are the host's own, unless said otherwise. */
export interface TestHost {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Fingerprints of the host's keys as they were at the start. */
  readonly hostKeys: readonly string[];
  /** Private key of the user: a file of this machine. */
  readonly identityFile: string;
  /** The user's home. */
  readonly home: string;
  /** What an inventory says of this host. */
  entry(): TestHostEntry;
  /** Whether these abilities are there; without them the methods of `faults` that need them throw. */
  can(...abilities: readonly Ability[]): boolean;
  /** Runs `sh -c command` on the host in the user's home, and not over SSH. A code other than 0 is no error. */
  exec(command: string): Promise<HostExecResult>;
  /** The path by which this process reaches a file of the host. Do not follow absolute symlinks through it. */
  pathHere(path: string): string;
  /** What sessions have started on the host and still runs; servers and init are not among them. */
  processes(): HostProcess[];
  /** TCP ports on which the host's processes listen, without the SSH server's. */
  listeningPorts(): number[];
  /** What the SSH server has said so far. */
  log(): string;
  readonly faults: HostFaults;
}

/** Fits `HostEntry` of the inventory. */
export interface TestHostEntry {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile: string;
  readonly hostKeys: readonly string[];
  readonly jump?: string;
}

export interface HostExecResult {
  /** 128 + the signal's number where a signal ended it, as shells say it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface HostProcess {
  /** As the host numbers it: the same as in what the host's programs print. */
  readonly pid: number;
  /** As this machine numbers it: what `process.kill` here takes. */
  readonly pidHere: number;
  readonly command: string;
}

/** What can go wrong with a host. Each settles when it is so. Those that undo are idempotent. */
export interface HostFaults {
  /** Drops all packets to and from the host, and tells nobody. Needs 'network'. */
  cutOff(): Promise<void>;
  heal(): Promise<void>;
  /** Takes the host's cable out: the host sees it, its peers do not. Needs 'network'. */
  linkDown(): Promise<void>;
  linkUp(): Promise<void>;
  /** Everything on the host is dead at once, and no peer hears of it. The disk stays. Needs 'power'. */
  powerLoss(): Promise<void>;
  /** Boots the host again, with its disk as it was. Needs 'power'. */
  powerOn(): Promise<void>;
  /** Ends the listening server and starts it again; sessions live on. */
  restartSshd(): Promise<void>;
  /** Kills the servers of all open connections; what they started lives on. */
  killSshdSessions(): Promise<void>;
  /** Fills the host's disk until this much is left. Needs 'disk'. */
  fillDisk(bytesLeft: number): Promise<void>;
  freeDisk(): Promise<void>;
  /** Stops every process of the host, its server too: the kernel still accepts connections, and nobody answers. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** The host shows another key from now on: resolves to its fingerprint. */
  changeHostKey(): Promise<string>;
  /** The user's key is no longer let in. */
  removeKey(): Promise<void>;
  restoreKey(): Promise<void>;
}
