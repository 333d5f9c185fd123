import { hostname, userInfo } from 'node:os';
import { isLower, type Label } from '@megalith/agent';
import type { PriceBook } from '@megalith/core';
import type { SweptPool } from '../../dismantle/pool-sweep.js';
import type { Inventory } from '../../inventory/read-inventory.js';
import type { Machine } from '../../machine.js';
import type { PoolDesk } from '../../pool/acquire.js';
import { IntentStore } from '../../pool/intent-store.js';
import { type Keeping, planBefore } from '../../pool/keeping.js';
import { MachineNotes } from '../../pool/machine-notes.js';
import { UsesStore } from '../../pool/uses-store.js';
import { type Ec2Api, openEc2 } from './ec2-client.js';
import { createEc2Cloud, type Ec2Cloud } from './ec2-cloud.js';
import { ec2Host } from './ec2-host.js';
import { type Ec2Settings, ec2Settings } from './ec2-settings.js';

export interface Ec2PoolOptions {
  readonly inventory: Pick<Inventory, 'hosts' | 'agent' | 'ec2' | 'defaultLabel'>;
  readonly home: string;
  readonly agentFile?: string;
  /** As of `Ec2CloudOptions`. */
  readonly prices?: PriceBook | undefined;
  readonly at?: number | undefined;
  /** Told what is going on, in a few words for people. */
  readonly tell?: (words: string) => void;
}

/** Machines of EC2 in the region that is configured, and what this client knows of them. */
export interface Ec2Pool extends SweptPool {
  readonly settings: Ec2Settings;
  readonly cloud: Ec2Cloud;
  /** Of machines that are made for whichever job comes: only jobs of that label get them. */
  readonly warmLabel: Label;
  close(): void;
}

/** Who makes machines where the config names no owner. */
function thisClient(): string {
  return `${userInfo().username}@${hostname()}`;
}

/** The pool of the section `ec2`; undefined where there is none. Nothing is asked of AWS before it is needed. */
export function openEc2Pool(options: Ec2PoolOptions): Ec2Pool | undefined {
  const { inventory, home, agentFile } = options;
  if (inventory.ec2 === undefined) return undefined;
  const client = thisClient();
  const settings = ec2Settings(inventory.ec2, client);
  const api: Ec2Api = openEc2(settings);
  const cloud = createEc2Cloud({ settings, home, client, api, prices: options.prices, at: options.at });
  const intents = new IntentStore(home);
  const notes = new MachineNotes(home);

  const keeping: Keeping = {
    uses: new UsesStore(home),
    notes,
    whenIdle: settings.whenIdle,
    pinnedMs: settings.idleMs,
    worthOf: machine => cloud.shapeOf(machine),
  };

  const hostOf: PoolDesk['hostOf'] = async (machine): Promise<Machine | undefined> => {
    const { idleTailMs } = await planBefore(machine, keeping, desk);
    return await ec2Host(machine, {
      settings,
      home,
      notes,
      hosts: inventory.hosts,
      retention: inventory.agent.retention,
      agentFile,
      idleMs: idleTailMs,
      onRotated: (rotated, fingerprint) => cloud.tagHostKey(rotated.id, fingerprint),
    });
  };
  const { maxUsdPerDay } = settings;
  const desk: PoolDesk = {
    cloud,
    intents,
    owner: settings.owner,
    image: settings.image,
    maxLifetimeMs: settings.maxLifetimeMs,
    hostOf,
    shapeOf: machine => cloud.shapeOf(machine),
    now: Date.now,
    bootMs: settings.bootMs,
    keeping,
    ...(maxUsdPerDay === undefined ? {} : { maxUsdPerDay }),
    ...(options.tell === undefined ? {} : { tell: options.tell }),
  };
  const { clearance } = settings;
  const { defaultLabel } = inventory;
  const warmLabel = isLower(clearance, defaultLabel) ? clearance : defaultLabel;
  return { settings, cloud, warmLabel, desk, intents, notes, home, maxUsdPerDay, close: () => api.close() };
}
