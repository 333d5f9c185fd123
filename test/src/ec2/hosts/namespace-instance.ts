import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fabric } from '../../hosts/namespaces/fabric.js';
import type { Guest } from '../../hosts/namespaces/host-system.js';
import { startNamespaceHost } from '../../hosts/namespaces/namespace-host.js';
import type { BootSpec } from '../instance-hosts.js';
import type { BootFaults } from './boot-faults.js';
import { cloudInitPlan } from './cloud-init-plan.js';
import { guestSystem } from './guest-system.js';
import type { MetadataServer } from './metadata-server.js';
import { nspawnSystem } from './nspawn-system.js';
import type { NumberPool } from './number-pool.js';
import { PowerState } from './power-state.js';
import type { BootedHost } from './start-instance-hosts.js';
import { onOwnKernel } from './uml-system.js';

/** A folder with a whole system, which boots with systemd and cloud-init, or with a kernel of its own and a small cloud-init. */
export interface BootImage {
  readonly folder: string;
  readonly by: 'systemd' | 'kernel';
}

/** What the instances of one fabric share. */
export interface Site {
  readonly folder: string;
  readonly fabric: Fabric;
  readonly metadata: MetadataServer;
  readonly plugs: NumberPool;
  readonly publicNumbers: NumberPool;
  readonly node: boolean;
  readonly minuteMs: number;
  readonly sharedFolder?: string;
  /** What instances boot. @defaultValue this machine's own system, and a small cloud-init */
  readonly image?: BootImage;
}

/** How long a guest may take to end when it is stopped, and one with systemd. */
const stopMs = 5_000;
const systemdStopMs = 20_000;

/** Boots an instance; settles when its first process runs and its network is there. */
export async function bootNamespaceInstance(site: Site, spec: BootSpec, faults: BootFaults): Promise<BootedHost> {
  const { fabric, metadata, plugs, publicNumbers } = site;
  const plug = { network: 'outer', number: plugs.lend() } as const;
  const privateAddress = fabric.addressOf(plug);
  const name = `ip-${privateAddress.replaceAll('.', '-')}`;
  const launchedAt = new Date().toISOString();
  const power = new PowerState();
  let publicNumber = 0;
  let interruptionAt: string | undefined;

  const guest: Guest = {
    lendNumber() {
      publicNumber = publicNumbers.lend();
      return publicNumber;
    },
    ended() {
      publicNumbers.giveBack(publicNumber);
      power.ended();
    },
  };
  const system = systemOf(site, spec, faults, { name, address: privateAddress, guest });
  const options = { node: site.node, ...(site.sharedFolder === undefined ? {} : { sharedFolder: site.sharedFolder }) };
  const settings = { name, plugs: [plug] as const, peers: [], jump: undefined, folder: site.folder, system, options };
  // A host that cannot be started keeps its number: what is left of it might answer there.
  const host = await startNamespaceHost(fabric, { ...settings, identityFile: '' });
  await begin();

  async function tellMetadata(): Promise<void> {
    const { publicKey } = spec;
    await metadata.set(privateAddress, {
      ...spec,
      ...(publicKey === undefined ? {} : { publicKey: publicKey.trim() }),
      hostName: name,
      privateAddress,
      publicAddress: fabric.publicAddressOf(publicNumber),
      launchedAt,
      ...(interruptionAt === undefined ? {} : { interruptionAt }),
    });
  }

  /** The guest goes on once it can learn of itself; a slow one, when its time has come. */
  async function begin(): Promise<void> {
    await tellMetadata();
    const { delayMs = 0 } = faults;
    if (delayMs === 0) return host.letBoot();
    await host.faults.cutOff();
    power.later(async signal => {
      await delay(delayMs, undefined, { signal });
      await host.faults.heal();
      host.letBoot();
    });
  }

  /** Dead at once; it may also have ended by itself a moment ago. */
  async function kill(): Promise<void> {
    try {
      await host.faults.powerLoss();
    } catch (error) {
      if (!(await power.hasEnded(1_000))) throw error;
    }
  }

  return {
    privateAddress,
    get publicAddress() {
      return fabric.publicAddressOf(publicNumber);
    },
    port: 22,
    get off() {
      return power.off;
    },
    machine: host,
    noticeInterruption: at => {
      interruptionAt = at.toISOString();
      void power.inTurn(tellMetadata);
    },
    powerOff: () =>
      power.inTurn(async () => {
        if (!(await power.expectEnd())) return;
        host.askToEnd();
        if (!(await power.hasEnded(site.image?.by !== 'systemd' ? stopMs : systemdStopMs))) await kill();
      }),
    powerOn: () =>
      power.inTurn(async () => {
        if (power.isOn) return;
        power.on();
        await host.faults.powerOn();
        await begin();
      }),
    destroy: () =>
      power.inTurn(async () => {
        if (await power.expectEnd()) await kill();
        if (!power.destroyed()) return;
        await metadata.set(privateAddress, null);
        rmSync(join(site.folder, name), { recursive: true, force: true });
        rmSync(`/proc/${fabric.pid}/root/mnt/${name}`, { recursive: true, force: true });
        plugs.giveBack(plug.number);
      }),
  };
}

function systemOf(
  site: Site,
  spec: BootSpec,
  faults: BootFaults,
  own: { name: string; address: string; guest: Guest },
) {
  const { image } = site;
  const { name, address, guest } = own;
  if (image?.by === 'systemd') {
    const group = `${basename(site.folder)}/${name}`;
    return nspawnSystem(spec, { image: image.folder, group, name, address }, guest);
  }
  const system = guestSystem(spec, cloudInitPlan(spec.userData), faults, site.minuteMs, guest);
  return image === undefined ? system : onOwnKernel(system, image.folder, spec.memoryBytes);
}
