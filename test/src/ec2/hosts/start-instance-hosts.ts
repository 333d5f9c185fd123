import { bestKind } from '../../hosts/host-kinds.js';
import { sweepDead } from '../../hosts/owned-folder.js';
import type { TestHost } from '../../hosts/test-host.js';
import type { BootSpec, InstanceHost, InstanceHosts } from '../instance-hosts.js';
import type { BootFaults } from './boot-faults.js';
import { instanceImage } from './instance-image.js';
import { openLoopbackInstances } from './loopback-instances.js';
import { type NamespaceInstancesOptions, openNamespaceInstances } from './namespace-instances.js';

/**
 * How the hosts behind instances are made.
 * - `namespaces`: each has its own network, processes, host name and disk, where its user data does as it likes.
 * - `nspawn`: the same with a system of its own that systemd boots, where cloud-init itself runs the user data; of boot faults it knows the delay.
 * - `uml`: as `namespaces`, on a kernel of its own (User-Mode Linux) with the memory of the instance, 1 GiB at most; nobody enters but by SSH, and a stop is a power cut.
 * - `ssh2`: a server made with ssh2 on 127.0.0.x, with a home of its own, that takes only keys from its user data.
 */
export type InstanceHostKind = 'namespaces' | 'nspawn' | 'uml' | 'ssh2';

/** What not every kind can do. */
export type InstanceAbility =
  /** The metadata service answers in the host. */
  | 'metadata'
  /** Commands and files of user data; root's files are the host's own. */
  | 'user-data'
  /** A death without FIN, silent boots, a new public address for each boot. */
  | 'network';

export interface InstanceHostsOptions {
  /** @defaultValue 'namespaces' where this machine allows them and `MEGALITH_TEST_HOSTS` names no other, else 'ssh2' */
  readonly kind?: InstanceHostKind;
  /** Whether `node` is on the PATH of hosts. @defaultValue true; hosts of kind 'ssh2' always have it */
  readonly node?: boolean;
  /** How long what `shutdown -h +1` calls a minute takes, milliseconds. @defaultValue 60,000 */
  readonly minuteMs?: number;
  /** A folder of this machine that hosts of kind 'namespaces' have under the same path. @defaultValue none */
  readonly sharedFolder?: string;
  /** What goes wrong with an instance, asked at its boot. @defaultValue nothing */
  plan?(spec: BootSpec): BootFaults;
}

/** A host, and what a test may do to it beside the cloud. */
export interface BootedHost extends InstanceHost {
  /** Another one after each `powerOn`, with 'network'. While the power is off, the last. */
  readonly publicAddress: string;
  /**
   * Undefined without 'network'. It has no key of the test's: `identityFile` is empty. `hostKeys` are those that it has
   * where its user data brings none.
   */
  readonly machine: TestHost | undefined;
}

/** One kind of hosts, opened. */
export interface HostSource {
  boot(spec: BootSpec, faults: BootFaults): Promise<BootedHost>;
  close(): Promise<void>;
}

export interface StartedInstanceHosts extends InstanceHosts, AsyncDisposable {
  readonly kind: InstanceHostKind;
  boot(spec: BootSpec): Promise<BootedHost>;
  /** The host that was last booted for an instance. @throws where there was none */
  hostOf(instanceId: string): BootedHost;
  can(...abilities: readonly InstanceAbility[]): boolean;
}

const abilities: Record<InstanceHostKind, readonly InstanceAbility[]> = {
  namespaces: ['metadata', 'user-data', 'network'],
  nspawn: ['metadata', 'user-data', 'network'],
  uml: ['metadata', 'user-data', 'network'],
  ssh2: [],
};

/** Which kind of hosts stands behind instances here. */
export async function bestInstanceHostKind(): Promise<InstanceHostKind> {
  return (await bestKind()) === 'namespaces' ? 'namespaces' : 'ssh2';
}

/** Whether hosts of a kind can do all of these. */
export function instanceHostsCan(kind: InstanceHostKind, ...wanted: readonly InstanceAbility[]): boolean {
  return wanted.every(ability => abilities[kind].includes(ability));
}

async function openSource(kind: InstanceHostKind, options: NamespaceInstancesOptions): Promise<HostSource> {
  switch (kind) {
    case 'namespaces':
      return openNamespaceInstances(options);
    case 'nspawn':
    case 'uml': {
      const folder = instanceImage();
      if (folder === undefined) throw new Error('there is no image for instances: .ci/install-instances makes it');
      return openNamespaceInstances({ ...options, image: { folder, by: kind === 'uml' ? 'kernel' : 'systemd' } });
    }
    case 'ssh2':
      return openLoopbackInstances(options);
  }
}

/** Real hosts behind simulated instances. All ends with `close`, or with this process however it dies. */
export async function startInstanceHosts(options: InstanceHostsOptions = {}): Promise<StartedInstanceHosts> {
  sweepDead();
  const kind = options.kind ?? (await bestInstanceHostKind());
  const { node = true, minuteMs = 60_000, sharedFolder } = options;
  const inNamespaces = { node, minuteMs, ...(sharedFolder === undefined ? {} : { sharedFolder }) };
  const source = await openSource(kind, inNamespaces);
  const booting = new Set<Promise<unknown>>();
  const booted = new Map<string, BootedHost>();
  let closed: Promise<void> | undefined;
  const end = async () => {
    await Promise.allSettled(booting);
    await source.close();
  };
  const close = () => {
    closed ??= end();
    return closed;
  };
  return {
    kind,
    can: (...wanted) => instanceHostsCan(kind, ...wanted),
    async boot(spec) {
      if (closed !== undefined) throw new Error('the hosts are closed');
      const boot = source.boot(spec, options.plan?.(spec) ?? {});
      booting.add(boot);
      try {
        const host = await boot;
        booted.set(spec.instanceId, host);
        return host;
      } finally {
        booting.delete(boot);
      }
    },
    hostOf(instanceId) {
      const host = booted.get(instanceId);
      if (host === undefined) throw new Error(`no host was booted for ${instanceId}`);
      return host;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
