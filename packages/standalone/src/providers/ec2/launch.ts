import type {
  CreateFleetCommandInput,
  CreateLaunchTemplateCommandInput,
  RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { MegalithError } from '@megalith/agent';
import type { MachineTags } from '../../pool/cloud-machine.js';
import type { LaunchIntent } from '../../pool/launch-intent.js';
import type { RecordFolder } from '../../pool/record-folder.js';
import { isCapacityCode, learnFrom, type OverrideError, type Rung, rungsOf, withoutScarce } from './capacity-ladder.js';
import { incarnationOf } from './client-token.js';
import { classOf, detailsOf } from './cloud-error.js';
import type { Ec2Api } from './ec2-client.js';
import type { Ec2Settings } from './ec2-settings.js';
import type { MachineImage } from './image.js';
import { newInjectedHostKey } from './injected-host-key.js';
import { fleetRefused } from './launch-again.js';
import { launchFleet } from './launch-fleet.js';
import { fleetRequest, type LaunchRequest, launchTemplate, runRequest, suitsFleet } from './launch-request.js';
import type { MachineNetwork } from './network.js';
import type { Ec2Offer } from './offers.js';
import { quotaRefusal } from './quota.js';
import type { ScarceFile } from './scarce-file.js';
import type { SealedLaunch } from './sealed-launches.js';
import { userData } from './user-data.js';

/** What a launch needs beside offers. */
export interface LaunchSurroundings {
  readonly api: Pick<Ec2Api, 'runInstances' | 'createFleet' | 'createLaunchTemplate'>;
  readonly settings: Ec2Settings;
  readonly network: MachineNetwork;
  readonly keyName: string;
  readonly image: (arch: 'x64' | 'arm64') => Promise<MachineImage>;
  readonly scarce: ScarceFile;
  readonly sealed: RecordFolder<SealedLaunch>;
  /** Writes the intent to disk. */
  readonly keep: (intent: LaunchIntent) => Promise<LaunchIntent>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
}

/** The machine that EC2 gave, and the key that it shows first. */
export interface LaunchedInstance {
  readonly id: string;
  readonly hostKey: string;
  readonly tags: MachineTags;
}

/**
 * Climbs from the cheapest offers to dearer ones until EC2 gives a machine. Each request is on disk before it is sent, so that a client that comes
 * after this one can send it again and gets the same machine.
 * @throws MegalithError NO_CAPACITY, QUOTA where nothing is to be had; what the calls throw otherwise
 */
export async function launchInstance(
  first: LaunchIntent,
  offers: readonly Ec2Offer[],
  surroundings: LaunchSurroundings,
): Promise<LaunchedInstance> {
  const { settings, scarce, now, signal } = surroundings;
  let intent = first;
  const repeated = await repeatLast(intent, surroundings);
  if (repeated !== undefined) return repeated;
  const refusals: string[] = [];
  for (const rung of rungsOf(offers, await scarce.read(), settings, now())) {
    for (const part of await partsOf(rung, surroundings)) {
      const open = withoutScarce(part, await scarce.read(), now());
      if (open === undefined) continue;
      signal?.throwIfAborted();
      const tryNumber = intent.tries.length + 1;
      const { launch, tags } = await sealedLaunch(intent, tryNumber, open, surroundings);
      await surroundings.sealed.change(launch.id, () => launch);
      intent = await surroundings.keep({
        ...intent,
        tries: [...intent.tries, { clientToken: launch.id, request: launch.id.split('-').at(-1)!, at: now() }],
      });
      const answer = await send(launch, surroundings);
      if (answer.id !== undefined) return { id: answer.id, hostKey: launch.hostKey, tags };
      const learned = learnFrom(await scarce.read(), open, answer.errors, now());
      await scarce.add(learned.memory);
      // The request is over: nothing came of it, and nothing will.
      await surroundings.sealed.change(launch.id, () => undefined);
      refusals.push(...answer.errors.map(({ code }) => code));
      const other = learned.others[0];
      if (other !== undefined) throw fleetRefused(other, settings.region);
    }
  }
  throw nothing(offers, refusals, settings);
}

/** Sends the last try of an intent again: a client before this one may have died before it had the answer. */
async function repeatLast(
  intent: LaunchIntent,
  surroundings: LaunchSurroundings,
): Promise<LaunchedInstance | undefined> {
  const last = intent.tries.at(-1);
  const launch = last && (await surroundings.sealed.find(last.clientToken));
  if (launch === undefined) return undefined;
  const answer = await send(launch, surroundings);
  if (answer.id === undefined) return undefined;
  return {
    id: answer.id,
    hostKey: launch.hostKey,
    tags: await tagsOf(intent, intent.tries.length, launch, surroundings),
  };
}

async function tagsOf(
  intent: LaunchIntent,
  tryNumber: number,
  { hostKey }: Pick<SealedLaunch, 'hostKey'>,
  { settings }: LaunchSurroundings,
): Promise<MachineTags> {
  return {
    intent: intent.id,
    owner: intent.owner,
    label: intent.label,
    expiresAt: intent.expiresAt,
    image: settings.image,
    incarnation: incarnationOf(intent.id, tryNumber),
    hostKey,
  };
}

/** A rung as calls: a fleet takes all of it at once, where a fleet can make its shapes; else each offer is a call. */
async function partsOf(rung: Rung, surroundings: LaunchSurroundings): Promise<readonly Rung[]> {
  const overrides = overridesOf(rung, surroundings.network);
  return suitsFleet({ overrides }) ? [rung] : rung.offers.map(offer => ({ ...rung, offers: [offer] }));
}

function overridesOf(rung: Rung, { subnets }: MachineNetwork) {
  return rung.offers.flatMap(({ shape, zone }) =>
    subnets.filter(subnet => subnet.zone === zone).map(({ id }) => ({ shape, subnet: id })),
  );
}

async function sealedLaunch(
  intent: LaunchIntent,
  tryNumber: number,
  rung: Rung,
  surroundings: LaunchSurroundings,
): Promise<{ readonly launch: SealedLaunch; readonly tags: MachineTags }> {
  const { settings, network, keyName } = surroundings;
  const { id, rootDevice, minDiskBytes } = await surroundings.image(rung.offers[0]!.shape.arch);
  const hostKey = newInjectedHostKey();
  const tags = await tagsOf(intent, tryNumber, { hostKey: hostKey.fingerprint }, surroundings);
  const request: LaunchRequest = {
    intent: intent.id,
    tryNumber,
    market: rung.market,
    overrides: overridesOf(rung, network),
    image: { id, rootDevice, bytes: minDiskBytes },
    tags,
    userData: userData({
      endsAt: intent.expiresAt,
      maxLifetimeMs: settings.maxLifetimeMs,
      bootMs: settings.bootMs,
      hostKey,
      user: settings.user,
    }),
    securityGroups: [network.securityGroup],
    address: settings.address,
    diskBytes: Math.max(settings.diskBytes, intent.requirements.diskBytes ?? 0),
    keyName,
    ...(settings.instanceProfile === undefined ? {} : { instanceProfile: settings.instanceProfile }),
    ...(settings.maxUsdPerHour === undefined ? {} : { maxUsdPerHour: settings.maxUsdPerHour }),
  };
  const types = [...new Set(rung.offers.map(({ shape }) => shape.type))];
  const kept = { formatVersion: 1, hostKey: hostKey.fingerprint, types } as const;
  if (!suitsFleet(request)) {
    const { input, clientToken } = runRequest(request);
    return { launch: { ...kept, id: clientToken, call: 'RunInstances', input: { ...input } }, tags };
  }
  const template = launchTemplate(request);
  const { input, clientToken } = fleetRequest(request, template.LaunchTemplateName);
  return {
    launch: { ...kept, id: clientToken, call: 'CreateFleet', template: { ...template }, input: { ...input } },
    tags,
  };
}

interface Answer {
  readonly id?: string;
  readonly errors: readonly OverrideError[];
}

/** Is not to be cut off: the answer says which machine there is now. */
async function send(launch: SealedLaunch, { api, network, sealed }: LaunchSurroundings): Promise<Answer> {
  try {
    if (launch.call === 'RunInstances') {
      const [instance] = await api.runInstances(launch.input as unknown as RunInstancesCommandInput);
      return { ...(instance?.InstanceId === undefined ? {} : { id: instance.InstanceId }), errors: [] };
    }
    const { Instances = [], Errors = [] } = await launchFleet(
      api,
      launch.template as unknown as CreateLaunchTemplateCommandInput,
      launch.input as unknown as CreateFleetCommandInput,
    );
    const id = Instances.flatMap(({ InstanceIds = [] }) => InstanceIds)[0];
    const errors = Errors.map(({ ErrorCode = '', ErrorMessage, LaunchTemplateAndOverrides }) => {
      const { InstanceType, SubnetId, AvailabilityZone } = LaunchTemplateAndOverrides?.Overrides ?? {};
      // Overrides name subnets, and so do their errors.
      const zone = AvailabilityZone ?? network.subnets.find(({ id }) => id === SubnetId)?.zone;
      return { code: ErrorCode, message: ErrorMessage, type: InstanceType, zone };
    });
    return { ...(id === undefined ? {} : { id }), errors };
  } catch (error) {
    // It names what is not there, and always will.
    if (classOf(error) === 'missing') await sealed.change(launch.id, () => undefined);
    const code = detailsOf(error)?.awsCode;
    if (code === undefined || !isCapacityCode(code)) throw error;
    return { errors: [{ code, message: (error as Error).message }] };
  }
}

function nothing(offers: readonly Ec2Offer[], refusals: readonly string[], { region }: Ec2Settings): MegalithError {
  const [first] = offers;
  const codes = [...new Set(refusals)];
  const isQuota = codes.length > 0 && codes.every(code => /LimitExceeded|MaxSpotInstanceCount/.test(code));
  if (isQuota && first !== undefined) return quotaRefusal(first, region);
  const types = [...new Set(offers.map(({ shape }) => shape.type))];
  const asked =
    types.length > 4 ? `${types.slice(0, 4).join(', ')} and ${types.length - 4} more types` : types.join(', ');
  const said = codes.length === 0 ? 'all of it was refused within the last minutes' : codes.join(', ');
  return new MegalithError('NO_CAPACITY', `EC2 in ${region} has none of ${asked} now (${said})`, {
    hint: 'try again later, allow more types, zones or markets in the section `ec2` of the config, or another region',
    details: { region, types, codes },
  });
}
