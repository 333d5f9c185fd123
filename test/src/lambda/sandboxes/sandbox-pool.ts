import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { within } from '../../conformance/eventually.js';
import { removeControlGroups } from '../../hosts/control-groups.js';
import { loopbackProgram } from '../../hosts/loopback/start-loopback-hosts.js';
import { markVariable, newOwnedFolder, sweepDead } from '../../hosts/owned-folder.js';
import type { LambdaOptions, SandboxSnapshot } from '../lambda-emulator.js';
import type { FunctionVersion } from '../state/emulated-function.js';
import { findIsolation } from './isolation.js';
import { ProcessSandbox } from './process-sandbox.js';
import { ownRuntimeClient } from './runtime-client.js';
import type { Sandbox } from './sandbox.js';
import { sandboxEnvironment } from './sandbox-environment.js';
import { isolatedProcesses, plainProcesses, type SandboxPlace } from './sandbox-processes.js';
import { ThinSandbox } from './thin-sandbox.js';

/** A sandbox, and for what it stands. */
export interface PooledSandbox {
  readonly sandbox: Sandbox;
  readonly version: FunctionVersion;
  state: SandboxSnapshot['state'];
  calls: number;
  idleTimer?: NodeJS.Timeout | undefined;
}

/** All sandboxes of an account. */
export class SandboxPool {
  readonly #options: LambdaOptions;
  readonly #region: string;
  readonly #all = new Set<PooledSandbox>();
  /** Latest idle last: the one that was used last is used next. */
  readonly #idle = new Map<FunctionVersion, PooledSandbox[]>();
  readonly #ending = new Set<Promise<void>>();
  #home: Promise<SandboxHome> | undefined;
  #made = 0;

  constructor(options: LambdaOptions, region: string) {
    this.#options = options;
    this.#region = region;
  }

  snapshots(): SandboxSnapshot[] {
    return [...this.#all].map(({ sandbox, version, state, calls }) => ({
      id: sandbox.id,
      functionName: version.config.name,
      version: version.version,
      state,
      calls,
      ...(sandbox.pid === undefined ? {} : { pid: sandbox.pid }),
      processes: sandbox.processes(),
    }));
  }

  /** An idle sandbox of this very version, if there is one. */
  idle(version: FunctionVersion): PooledSandbox | undefined {
    const found = this.#idle.get(version)?.pop();
    clearTimeout(found?.idleTimer);
    if (found !== undefined) found.state = 'busy';
    return found;
  }

  async make(version: FunctionVersion): Promise<PooledSandbox> {
    const number = ++this.#made;
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
    const id = `${day}/[${version.version}]${number.toString(16).padStart(8, '0')}`;
    const { thin, thinStartMs = 0 } = this.#options;
    const sandbox =
      thin === undefined
        ? await this.#real(version, id, String(number))
        : new ThinSandbox(id, version, thin, thinStartMs);
    const made: PooledSandbox = { sandbox, version, state: 'starting', calls: 0 };
    this.#all.add(made);
    return made;
  }

  /** A call is over: the sandbox waits for the next, or ends where it is broken or of a version that is none any more. */
  giveBack(one: PooledSandbox, isCurrent: boolean): void {
    if (one.sandbox.isBroken || !isCurrent) {
      this.#end(one);
      return;
    }
    one.state = 'idle';
    one.idleTimer = setTimeout(() => this.#retire(one), this.#options.idleMs ?? 300_000).unref();
    const idle = this.#idle.get(one.version);
    if (idle === undefined) this.#idle.set(one.version, [one]);
    else idle.push(one);
  }

  /** Ends sandboxes that serve no call: of these versions, or all. */
  async endIdle(isMeant: (version: FunctionVersion) => boolean = () => true): Promise<void> {
    for (const [version, idle] of this.#idle) {
      if (isMeant(version)) for (const one of [...idle]) this.#retire(one);
    }
    await Promise.all(this.#ending);
  }

  #retire(one: PooledSandbox): void {
    const idle = this.#idle.get(one.version) ?? [];
    const place = idle.indexOf(one);
    if (place >= 0) idle.splice(place, 1);
    this.#end(one);
  }

  #end(one: PooledSandbox): void {
    clearTimeout(one.idleTimer);
    this.#all.delete(one);
    const ending = one.sandbox.end().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async #real(version: FunctionVersion, id: string, number: string): Promise<Sandbox> {
    const { plain = false, cpuShare = false, initTimeoutMs = 10_000 } = this.#options;
    this.#home ??= SandboxHome.open();
    const home = await this.#home;
    const isolation = plain ? undefined : await findIsolation();
    const { folder: runtimeFolder, entry: runtimeEntry } = this.#options.runtimeClient ?? home.runtime;
    const { config, code } = version;
    const place: SandboxPlace = {
      folder: home.sandboxFolder(number),
      groupName: `${basename(home.folder)}/${number}`,
      codeFolder: home.unpacked(code),
      runtimeFolder,
      runtimeEntry,
      handler: config.handler,
      memoryMib: config.memoryMib,
      ephemeralMib: config.ephemeralMib,
      hasCpuShare: cpuShare,
      env: { ...sandboxEnvironment(version, this.#region, id), [markVariable]: `${basename(home.folder)}/${number}` },
    };
    const start =
      isolation === undefined ? plainProcesses : (where: SandboxPlace) => isolatedProcesses(where, isolation);
    return new ProcessSandbox({ id, place, initTimeoutMs, start });
  }

  async close(): Promise<void> {
    for (const one of [...this.#all]) this.#retire(one);
    await Promise.all(this.#ending);
    await (await this.#home)?.close();
  }
}

/** Where sandboxes lie on disk, and who removes them should this process die. */
class SandboxHome {
  readonly folder: string;
  readonly runtime;
  readonly #guard;

  private constructor(folder: string) {
    this.folder = folder;
    this.runtime = ownRuntimeClient(join(folder, 'runtime'));
    const plan = JSON.stringify({ folder, servers: [] });
    this.#guard = spawn(process.execPath, [loopbackProgram('guard-process'), plan], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
  }

  static async open(): Promise<SandboxHome> {
    sweepDead();
    return new SandboxHome(newOwnedFolder());
  }

  sandboxFolder(number: string): string {
    const folder = join(this.folder, number);
    mkdirSync(folder);
    return folder;
  }

  /** The folder with the files of a package, unpacked once. */
  unpacked({ sha256, files }: FunctionVersion['code']): string {
    const folder = join(this.folder, `code-${Buffer.from(sha256, 'base64').toString('hex')}`);
    if (existsSync(folder)) return folder;
    mkdirSync(folder);
    for (const [path, bytes] of Object.entries(files)) {
      if (path.endsWith('/')) continue;
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes, { mode: 0o644 });
    }
    return folder;
  }

  async close(): Promise<void> {
    const ended =
      this.#guard.exitCode === null && this.#guard.signalCode === null ? once(this.#guard, 'exit') : undefined;
    this.#guard.stdin.end();
    if (ended !== undefined) await within(20_000, 'the end of the sandboxes', ended);
    removeControlGroups(basename(this.folder));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
