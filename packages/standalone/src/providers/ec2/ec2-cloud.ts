import { setTimeout as delay } from 'node:timers/promises';
import type { Filter } from '@aws-sdk/client-ec2';
import { isMegalithError, MegalithError } from '@megalith/agent';
import type { PriceBook } from '@megalith/core';
import { batchedFind } from '../../pool/batched-find.js';
import type { Cloud } from '../../pool/cloud.js';
import type { CloudMachine } from '../../pool/cloud-machine.js';
import { inFlight, whileWanted } from '../../pool/in-flight.js';
import { IntentStore } from '../../pool/intent-store.js';
import { type MachineNote, MachineNotes } from '../../pool/machine-notes.js';
import type { MachineRequirements } from '../../pool/offer.js';
import { isOf } from '../../pool/offer-text.js';
import type { MachineWorth } from '../../pool/stock.js';
import { withoutLater, withPrices } from './as-of.js';
import { knownCatalogue, loadCatalogue } from './catalogue.js';
import { catalogueCalls } from './catalogue-calls.js';
import { classOf } from './cloud-error.js';
import type { Catalogue } from './compiled-catalogue.js';
import type { Ec2Api } from './ec2-client.js';
import type { Ec2Settings } from './ec2-settings.js';
import { allowedBy, type Ec2Stock, ec2Stock, priceIn, worthIn } from './ec2-stock.js';
import { findLeftovers, removeLeftover } from './find-leftovers.js';
import { findImage, type MachineImage } from './image.js';
import { impairedInstances } from './impaired-instances.js';
import { ensureKeyPair, keyPath } from './key-pair.js';
import { launchInstance } from './launch.js';
import { launchAgain } from './launch-again.js';
import { type MachineNetwork, resolveNetwork } from './network.js';
import { type Ec2Offer, offersFor } from './offers.js';
import { quotasOf } from './quota.js';
import { cpusOf, quotaLimits, quotaUses } from './quota-usage.js';
import { readInstance } from './read-instances.js';
import { ScarceFile } from './scarce-file.js';
import { sealedLaunches } from './sealed-launches.js';
import { settleLaunch } from './settle-launch.js';
import { findSubnets } from './subnets.js';
import { awsTags, ourFilter, ourTag } from './tags.js';
import { untilThere } from './until-there.js';

export interface Ec2CloudOptions {
  readonly settings: Ec2Settings;
  /** Megalith's home here. */
  readonly home: string;
  /** What tells this client from others of the owner: `ann@laptop`. */
  readonly client: string;
  readonly api: Ec2Api;
  /** Epoch milliseconds. @defaultValue `Date.now` */
  readonly now?: () => number;
  /** In place of what AWS says. */
  readonly prices?: PriceBook | undefined;
  /** Prices that are of later than this time are not used, epoch milliseconds. @defaultValue all are */
  readonly at?: number | undefined;
  /** Between two looks at a machine that is to change its state, milliseconds. @defaultValue 1000 */
  readonly pollMs?: number;
}

/** What every machine has room for. */
const anything: MachineRequirements = { cpus: 0, memoryBytes: 0 };

/** A machine that was just made is mostly listed, with its tags, within a second or two. */
const untaggedMs = 4000;

/** A filter takes no more values. */
const mostValues = 200;

export interface Ec2Cloud extends Cloud {
  /** Undefined for a type that the catalogue does not have. */
  shapeOf(machine: CloudMachine, signal?: AbortSignal): Promise<MachineWorth | undefined>;
  priceOf(machine: CloudMachine, signal?: AbortSignal): Promise<number | undefined>;
  /** Settles once the end was asked for, which is long before the machine is `terminated`. */
  beginEnd(id: string, signal?: AbortSignal): Promise<void>;
  /** Writes down which key the machine shows from now on. */
  tagHostKey(id: string, fingerprint: string, signal?: AbortSignal): Promise<void>;
}

/** EC2 in one region, as a source of machines. */
export function createEc2Cloud(cloudOptions: Ec2CloudOptions): Ec2Cloud {
  const { settings, home, client, api, now = Date.now, pollMs = 1000, prices, at } = cloudOptions;
  const { region } = settings;
  const intents = new IntentStore(home);
  const notes = new MachineNotes(home);
  const limits = quotaLimits(api, now);
  const reading = { region, maxLifetimeMs: settings.maxLifetimeMs };
  const images = new Map<string, Promise<MachineImage>>();
  let network: Promise<MachineNetwork> | undefined;
  let catalogue: { readonly at: number; readonly loaded: Promise<Catalogue> } | undefined;

  const place = settings.endpoint ?? 'aws';
  const dated = (all: Catalogue): Catalogue => {
    const known = at === undefined ? all : withoutLater(all, at);
    return prices === undefined ? known : withPrices(known, prices);
  };
  const options = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal });
  /** What failed once may be mended by the next try. */
  const remembered = async <T>(made: Promise<T>, forget: () => void): Promise<T> => {
    try {
      return await made;
    } catch (error) {
      forget();
      throw error;
    }
  };
  const networkNow = (signal?: AbortSignal): Promise<MachineNetwork> => {
    network ??= resolveNetwork(api, settings, { client, now });
    return whileWanted(
      remembered(network, () => {
        network = undefined;
      }),
      signal,
    );
  };
  const imageFor = (arch: 'x64' | 'arm64', signal?: AbortSignal): Promise<MachineImage> => {
    const known = images.get(arch) ?? findImage(api, settings, arch, now());
    images.set(arch, known);
    return whileWanted(
      remembered(known, () => images.delete(arch)),
      signal,
    );
  };
  const catalogueNow = (signal?: AbortSignal): Promise<Catalogue> => {
    if (catalogue === undefined || now() - catalogue.at > 10 * 60_000) {
      const wantsSpot = settings.markets.includes('spot');
      const asked = loadCatalogue(catalogueCalls(api, region), { home, region, place, wantsSpot, now: now() });
      const loaded = asked.then(dated);
      catalogue = { at: now(), loaded };
    }
    return whileWanted(
      remembered(catalogue.loaded, () => {
        catalogue = undefined;
      }),
      signal,
    );
  };

  async function* list(signal?: AbortSignal): AsyncGenerator<CloudMachine> {
    for await (const instance of api.instances({ Filters: [ourFilter] }, options(signal))) {
      const machine = readInstance(instance, reading);
      if (machine !== undefined) yield machine;
    }
  }

  const listed = async (): Promise<CloudMachine[]> => {
    const machines: CloudMachine[] = [];
    for await (const machine of list()) machines.push(machine);
    return machines;
  };

  const findOne = async (id: string): Promise<CloudMachine[]> => {
    try {
      return await readAll({ InstanceIds: [id] });
    } catch (error) {
      if (classOf(error) === 'missing') return [];
      throw error;
    }
  };
  const readAll = async (asked: { InstanceIds?: string[]; Filters?: Filter[] }): Promise<CloudMachine[]> => {
    const machines: CloudMachine[] = [];
    for await (const instance of api.instances(asked)) {
      const machine = readInstance(instance, reading);
      if (machine !== undefined) machines.push(machine);
    }
    return machines;
  };
  const find = batchedFind(async ids => {
    if (ids.length === 1) return await findOne(ids[0]!);
    const found: CloudMachine[] = [];
    for (let at = 0; at < ids.length; at += mostValues) {
      // Asked for by id, one that is not known fails the others.
      found.push(...(await readAll({ Filters: [{ Name: 'instance-id', Values: ids.slice(at, at + mostValues) }] })));
    }
    return found;
  });

  const until = async (id: string, state: 'terminated' | 'stopped', signal?: AbortSignal): Promise<void> => {
    for (;;) {
      const machine = await find(id, signal);
      // A machine that is gone for long is no longer listed: by then it was terminated.
      if (machine?.state === state || (state === 'stopped' && machine?.state === 'terminated')) return;
      try {
        await delay(pollMs, undefined, options(signal));
      } catch (cause) {
        throw new MegalithError('CANCELLED', `nobody waits any more until "${id}" is ${state}`, { cause });
      }
    }
  };

  const stockNow = inFlight(async (): Promise<Ec2Stock> => {
    const [all, subnets, ours] = await Promise.all([
      catalogueNow(),
      findSubnets(api, region, settings.subnets),
      listed(),
    ]);
    const zones = [...new Set(subnets.map(subnet => subnet.zone))];
    const shapes = new Map(all.shapes.map(shape => [shape.type, shape]));
    const quotas = quotasOf(offersFor(anything, all, allowedBy(settings, zones)));
    const { uses } = await quotaUses(limits, quotas, cpusOf(ours, shapes).cpus);
    return ec2Stock({ catalogue: all, zones, machines: ours, uses }, settings);
  });
  const keyPair = inFlight(() => ensureKeyPair(api, home, settings, { now }));

  return {
    name: 'ec2',
    region,
    list,
    find,

    async stock(asks, signal) {
      if (asks) return await stockNow('', signal);
      const known = dated(await knownCatalogue({ home, place, region }));
      return ec2Stock({ catalogue: known, machines: [], uses: new Map() }, settings);
    },
    async offers(requirements, signal) {
      return (await stockNow('', signal)).offers(requirements);
    },

    async launch(intent, offers, keep, signal) {
      const attempt = async () => {
        const [net, key] = await Promise.all([networkNow(signal), keyPair('', signal)]);
        return await launchInstance((await intents.find(intent.id)) ?? intent, offers as readonly Ec2Offer[], {
          api,
          settings,
          network: net,
          keyName: key.name,
          image: arch => imageFor(arch, signal),
          scarce: new ScarceFile(home, region),
          sealed: sealedLaunches(home),
          keep: async changed => {
            await keep(changed);
            return (await intents.find(changed.id)) ?? changed;
          },
          now,
          signal,
        });
      };
      const forget = () => {
        network = undefined;
        images.clear();
      };
      const { id, hostKey, tags } = await launchAgain(attempt, { forget, signal });
      const note: MachineNote = {
        formatVersion: 1,
        id,
        provider: 'ec2',
        region,
        intent: intent.id,
        ...(tags.incarnation === undefined ? {} : { incarnation: tags.incarnation }),
        hostKeys: [hostKey],
        user: settings.user,
        identityFile: keyPath(home, settings),
        ...(settings.jump === undefined ? {} : { jump: settings.jump }),
      };
      // Whoever repeats a launch must not forget what was learned of the machine since, such as its next host key.
      if ((await notes.find(id))?.incarnation !== note.incarnation) await notes.put(note);
      // From here on there is a machine: whoever wants it no more has to know which.
      const seen = await untilThere(() => find(id), { withinMs: untaggedMs });
      if (seen !== undefined) {
        const usdPerHour = offers.find(offer => isOf(offer, seen))?.usdPerHour;
        if (usdPerHour !== undefined) await notes.learn(id, { usdPerHour });
        return seen;
      }
      // Its tags went with the call that made it: where they don't come, they were lost, and to write them again does no harm.
      const tagged = await untilThere(async () => {
        await api.createTags(id, awsTags(tags));
        return await find(id);
      });
      if (tagged !== undefined) return tagged;
      throw new MegalithError('CLOUD_FAILED', `EC2 made "${id}" and does not list it`, {
        hint: 'run `megalith dismantle --once` in a few minutes: it ends what nobody uses',
        details: { machine: id, region },
      });
    },

    settle: (intent, signal) => settleLaunch(api, sealedLaunches(home), intent, options(signal)),

    impaired: (ids, signal) => impairedInstances(api, ids, options(signal)),

    async start(id, signal) {
      await api.startInstance(id, options(signal));
    },

    async atShutdown(id, what, signal) {
      await api.setShutdown(id, what, options(signal));
    },

    async stop(id, signal) {
      await api.stopInstance(id, options(signal));
      await until(id, 'stopped', signal);
    },

    async terminate(id, signal) {
      try {
        await api.terminateInstance(id, options(signal));
      } catch (error) {
        // It proves nothing: what is seen next counts.
        if (!isMegalithError(error) || classOf(error) !== 'missing') throw error;
      }
      await until(id, 'terminated', signal);
    },

    async beginEnd(id, signal) {
      await api.terminateInstance(id, options(signal));
    },

    async shapeOf(machine, signal) {
      return worthIn(await catalogueNow(signal), machine, settings);
    },

    async priceOf(machine, signal) {
      return priceIn(await catalogueNow(signal), machine);
    },

    async tagHostKey(id, fingerprint, signal) {
      await api.createTags(id, [{ Key: `${ourTag}:host-key`, Value: fingerprint }], options(signal));
    },

    async *leftovers(signal) {
      const machines: CloudMachine[] = [];
      for await (const machine of list(signal)) machines.push(machine);
      const { intents: known } = await intents.all();
      yield* await findLeftovers({ api, settings, home, machines, intents: known, now: now(), signal });
    },

    remove: (leftover, signal) => removeLeftover(api, leftover, signal),
  };
}
