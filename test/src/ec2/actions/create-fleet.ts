import { spotUsdPerHour } from '../data/spot-prices.js';
import { roomFor } from '../state/capacity.js';
import { newId } from '../state/ids.js';
import type { LaunchSpec } from '../state/launch-spec.js';
import type { LaunchTemplate } from '../state/resources.js';
import { readTagSpecifications } from '../state/tags.js';
import { ApiError } from '../wire/api-error.js';
import { branch, branches, type Params, text, whole } from '../wire/params.js';
import type { XmlTree } from '../wire/xml.js';
import { type Action, type Call, idempotent } from './call.js';
import { launchFromTemplate, templateNamed, templateTags } from './launch-templates.js';
import { makeInstances } from './make-instances.js';
import { readLaunch } from './read-launch.js';

/** One way to get an instance: a template and an override of it. */
interface Candidate {
  readonly template: LaunchTemplate;
  readonly version: number;
  readonly override: Params;
  /** As the request has them; AWS asks the lowest first. */
  readonly priority: number;
}

interface Pool extends Candidate {
  readonly spec: LaunchSpec;
}

/** Fleets of type `instant`: everything is tried now, and the reply says what came of it. */
export const createFleet: Action = call => idempotent(call, () => create(call));

function create(call: Call): XmlTree {
  const { params } = call;
  const type = text(params, 'Type') ?? 'maintain';
  if (type !== 'instant')
    throw new ApiError('InvalidParameterValue', `The simulator has no fleets of type '${type}', instant ones only.`);
  readTagSpecifications(params, ['fleet', 'instance', 'volume']);
  const candidates = candidatesOf(call);
  const fleetId = `fleet-${newId('').slice(1)}`;
  const markets = targetsOf(params).map(target => fulfil(call, candidates, target));
  const errors = markets.flatMap(market => market.errors);
  const made = markets.flatMap(({ planned }) =>
    planned.map(({ pool, count }) => ({
      ...poolXml(pool),
      instanceIds: makeInstances(call, pool.spec, count, {
        ...templateTags(pool.template, pool.version),
        'aws:ec2:fleet-id': fleetId,
      }).map(({ id }) => id),
      instanceType: pool.spec.type.type,
    })),
  );
  return { fleetId, errorSet: errors, fleetInstanceSet: made };
}

interface Target {
  readonly market: 'on-demand' | 'spot';
  readonly count: number;
  /** `OnDemandOptions` or `SpotOptions` */
  readonly options: Params;
}

function targetsOf(params: Params): Target[] {
  const capacity = branch(params, 'TargetCapacitySpecification');
  const total = whole(capacity, 'TotalTargetCapacity');
  if (total === undefined)
    throw new ApiError('MissingParameter', 'The request must contain the parameter TotalTargetCapacity');
  const spot = whole(capacity, 'SpotTargetCapacity') ?? 0;
  const onDemand = whole(capacity, 'OnDemandTargetCapacity') ?? 0;
  const rest = Math.max(0, total - spot - onDemand);
  const isSpot = (text(capacity, 'DefaultTargetCapacityType') ?? 'on-demand') === 'spot';
  const targets: Target[] = [
    { market: 'on-demand', count: onDemand + (isSpot ? 0 : rest), options: branch(params, 'OnDemandOptions') },
    { market: 'spot', count: spot + (isSpot ? rest : 0), options: branch(params, 'SpotOptions') },
  ];
  return targets.filter(({ count }) => count > 0);
}

function candidatesOf({ account, params }: Call): Candidate[] {
  const configs = branches(params, 'LaunchTemplateConfigs');
  if (configs.length === 0)
    throw new ApiError('MissingParameter', 'The request must contain the parameter LaunchTemplateConfigs');
  return configs.flatMap(config => {
    const named = templateNamed(account, branch(config, 'LaunchTemplateSpecification'));
    const overrides = branches(config, 'Overrides');
    return (overrides.length > 0 ? overrides : [{}]).map(override => ({
      ...named,
      override,
      priority: Number(text(override, 'Priority') ?? Number.POSITIVE_INFINITY),
    }));
  });
}

/** What one market gives, the best candidate first until there are enough. */
function fulfil(
  call: Call,
  candidates: readonly Candidate[],
  { market, count, options }: Target,
): { planned: { pool: Pool; count: number }[]; errors: XmlTree[] } {
  const { account, faults } = call;
  const errors: XmlTree[] = [];
  const pools: Pool[] = [];
  for (const candidate of candidates) {
    try {
      pools.push({ ...candidate, spec: readLaunch(account, launchOf(call, candidate, market)) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      errors.push(errorXml(candidate, market, error));
    }
  }
  const planned: { pool: Pool; count: number }[] = [];
  const partial = faults.take('partial')?.count ?? count;
  let missing = Math.min(count, partial);
  for (const pool of ordered(pools, market, text(options, 'AllocationStrategy'))) {
    if (missing === 0 && partial >= count) break;
    const before = planned.map(plan => ({ pool: plan.pool.spec, count: plan.count }));
    const room = missing === 0 ? lackOf(partial) : roomFor(account, faults, pool.spec, missing, before);
    if (room.count > 0) planned.push({ pool, count: room.count });
    if (room.problem !== undefined) errors.push(errorXml(pool, market, room.problem));
    missing -= room.count;
  }
  const least = whole(options, 'MinTargetCapacity') ?? 0;
  const got = planned.reduce((sum, plan) => sum + plan.count, 0);
  return got < least ? { planned: [], errors } : { planned, errors };
}

function lackOf(count: number): { count: number; problem: ApiError } {
  const problem = new ApiError(
    'UnfulfillableCapacity',
    `Unable to fulfill more than ${count} instances of the capacity.`,
  );
  return { count: 0, problem };
}

function launchOf({ params }: Call, { template, version, override }: Candidate, market: string): Params {
  const { AvailabilityZone: zone, Priority, MaxPrice, WeightedCapacity, SubnetId: subnet, ...rest } = override;
  const base = launchFromTemplate(template, version, { ...rest, TagSpecification: branch(params, 'TagSpecification') });
  const network = branch(branch(base, 'NetworkInterface'), '1');
  const specifications = Object.entries(branch(base, 'TagSpecification')).filter(
    ([, tags]) => typeof tags === 'object' && text(tags, 'ResourceType') !== 'fleet',
  );
  return {
    ...base,
    TagSpecification: Object.fromEntries(specifications),
    ...(zone !== undefined ? { Placement: { AvailabilityZone: zone } } : {}),
    ...(subnet === undefined
      ? {}
      : Object.keys(network).length > 0
        ? { NetworkInterface: { 1: { ...network, SubnetId: subnet } } }
        : { SubnetId: subnet }),
    InstanceMarketOptions: { MarketType: market },
  };
}

/** The order in which AWS tries pools by the strategy; for spot, capacity is the same everywhere here, so that the price decides. */
function ordered(pools: readonly Pool[], market: 'on-demand' | 'spot', strategy: string | undefined): Pool[] {
  const allowed: readonly (string | undefined)[] =
    market === 'spot'
      ? [
          undefined,
          'lowest-price',
          'diversified',
          'capacity-optimized',
          'capacity-optimized-prioritized',
          'price-capacity-optimized',
        ]
      : [undefined, 'lowest-price', 'prioritized'];
  if (!allowed.includes(strategy))
    throw new ApiError('InvalidParameterValue', `The allocation strategy '${strategy}' is not valid for ${market}.`);
  const usdPerHour = ({ spec }: Pool) =>
    market === 'spot' ? spotUsdPerHour(spec.type, spec.subnet.zone) : spec.type.usdPerHour;
  const rank = strategy?.endsWith('prioritized') ? ({ priority }: Pool) => priority : usdPerHour;
  return pools.toSorted((one, other) => (rank(one) === rank(other) ? 0 : rank(one) - rank(other)));
}

function poolXml({ template, version, override, spec }: Candidate & { spec?: LaunchSpec }): XmlTree {
  return {
    launchTemplateAndOverrides: {
      launchTemplateSpecification: { launchTemplateId: template.id, version: `${version}` },
      overrides: {
        instanceType: text(override, 'InstanceType'),
        subnetId: text(override, 'SubnetId'),
        availabilityZone: text(override, 'AvailabilityZone') ?? spec?.subnet.zone,
        priority: text(override, 'Priority'),
        imageId: text(override, 'ImageId'),
      },
    },
    lifecycle: spec?.market,
  };
}

function errorXml(candidate: Candidate, market: string, { code, message }: ApiError): XmlTree {
  return { ...poolXml(candidate), lifecycle: market, errorCode: code, errorMessage: message };
}
