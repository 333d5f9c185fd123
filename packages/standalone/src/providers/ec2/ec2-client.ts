import type {
  AuthorizeSecurityGroupIngressCommandInput,
  CreateFleetCommandInput,
  CreateFleetCommandOutput,
  CreateLaunchTemplateCommandInput,
  CreateSecurityGroupCommandInput,
  DescribeImagesCommandInput,
  DescribeInstancesCommandInput,
  DescribeInstanceTypeOfferingsCommandInput,
  DescribeInstanceTypesCommandInput,
  DescribeSpotPriceHistoryCommandInput,
  EC2,
  Image,
  ImportKeyPairCommandInput,
  Instance,
  InstanceStatus,
  InstanceTypeInfo,
  InstanceTypeOffering,
  KeyPairInfo,
  LaunchTemplate,
  RevokeSecurityGroupIngressCommandInput,
  RunInstancesCommandInput,
  SecurityGroup,
  SpotPrice,
  Subnet,
  Tag,
  UpdateSecurityGroupRuleDescriptionsIngressCommandInput,
  Volume,
  Filter as WireFilter,
} from '@aws-sdk/client-ec2';
import type { Filter as PriceFilter } from '@aws-sdk/client-pricing';
import type { ServiceQuota } from '@aws-sdk/client-service-quotas';
import { type CallOptions, call, type Repeat } from './call.js';
import type { Ec2Settings } from './ec2-settings.js';
import { sdkClients } from './sdk-clients.js';

type Filters = readonly WireFilter[];

/**
 * What Megalith asks of AWS, and nothing else: tests put their own in its place. Each request goes through `call`, lists page by page.
 * @throws MegalithError as `call` says
 */
export interface Ec2Api {
  runInstances(input: RunInstancesCommandInput, options?: CallOptions): Promise<readonly Instance[]>;
  createFleet(input: CreateFleetCommandInput, options?: CallOptions): Promise<CreateFleetCommandOutput>;
  createLaunchTemplate(input: CreateLaunchTemplateCommandInput, options?: CallOptions): Promise<LaunchTemplate>;
  deleteLaunchTemplate(id: string, options?: CallOptions): Promise<void>;
  deleteLaunchTemplateNamed(name: string, options?: CallOptions): Promise<void>;
  launchTemplates(filters: Filters, options?: CallOptions): AsyncIterable<LaunchTemplate>;
  instances(input: DescribeInstancesCommandInput, options?: CallOptions): AsyncIterable<Instance>;
  /** What AWS's own checks say, of running ones. */
  instanceStatuses(ids: readonly string[], options?: CallOptions): AsyncIterable<InstanceStatus>;
  startInstance(id: string, options?: CallOptions): Promise<void>;
  stopInstance(id: string, options?: CallOptions): Promise<void>;
  /** What the shutdown of the machine from within is from now on. */
  setShutdown(id: string, behavior: 'stop' | 'terminate', options?: CallOptions): Promise<void>;
  /** Settles once it was asked for, which is long before the machine is `terminated`. */
  terminateInstance(id: string, options?: CallOptions): Promise<void>;
  createTags(id: string, tags: readonly Tag[], options?: CallOptions): Promise<void>;
  deleteTags(id: string, keys: readonly string[], options?: CallOptions): Promise<void>;
  instanceTypes(input: DescribeInstanceTypesCommandInput, options?: CallOptions): AsyncIterable<InstanceTypeInfo>;
  instanceTypeOfferings(
    input: DescribeInstanceTypeOfferingsCommandInput,
    options?: CallOptions,
  ): AsyncIterable<InstanceTypeOffering>;
  spotPrices(input: DescribeSpotPriceHistoryCommandInput, options?: CallOptions): AsyncIterable<SpotPrice>;
  images(input: DescribeImagesCommandInput, options?: CallOptions): Promise<readonly Image[]>;
  subnets(filters: Filters, options?: CallOptions): AsyncIterable<Subnet>;
  securityGroups(filters: Filters, options?: CallOptions): AsyncIterable<SecurityGroup>;
  /** The id of the new one. It has no client token: a second request finds `InvalidGroup.Duplicate`. */
  createSecurityGroup(input: CreateSecurityGroupCommandInput, options?: CallOptions): Promise<string>;
  authorizeIngress(input: AuthorizeSecurityGroupIngressCommandInput, options?: CallOptions): Promise<void>;
  revokeIngress(input: RevokeSecurityGroupIngressCommandInput, options?: CallOptions): Promise<void>;
  /** Changes the descriptions of rules that are there. */
  describeIngress(input: UpdateSecurityGroupRuleDescriptionsIngressCommandInput, options?: CallOptions): Promise<void>;
  deleteSecurityGroup(id: string, options?: CallOptions): Promise<void>;
  keyPairs(filters: Filters, options?: CallOptions): Promise<readonly KeyPairInfo[]>;
  importKeyPair(input: ImportKeyPairCommandInput, options?: CallOptions): Promise<void>;
  deleteKeyPair(id: string, options?: CallOptions): Promise<void>;
  volumes(filters: Filters, options?: CallOptions): AsyncIterable<Volume>;
  deleteVolume(id: string, options?: CallOptions): Promise<void>;
  /** The value of a parameter of SSM; undefined for one without. */
  parameter(name: string, options?: CallOptions): Promise<string | undefined>;
  /** What the account was granted, beside AWS's defaults. @param code `L-1216C47A` */
  quota(service: string, code: string, options?: CallOptions): Promise<ServiceQuota | undefined>;
  defaultQuota(service: string, code: string, options?: CallOptions): Promise<ServiceQuota | undefined>;
  /** The price list's own JSON, a product a string. */
  products(service: string, filters: readonly PriceFilter[], options?: CallOptions): AsyncIterable<string>;
  /** Ends the connections that are kept open. */
  close(): void;
}

/** A fleet, which is asked zone by zone, may take most of a minute. */
const launchLimits: CallOptions = { attemptMs: 90_000, deadlineMs: 180_000 };

/**
 * EC2 in one region, and the services beside it, with the credentials that AWS's own tools would take.
 */
export function openEc2(settings: Pick<Ec2Settings, 'region' | 'endpoint'>): Ec2Api {
  const { ec2, ssm, quotas, pricing, close } = sdkClients(settings);
  const ask = <T>(
    name: string,
    send: (client: EC2, http: Http) => Promise<T>,
    options?: CallOptions,
    repeat: Repeat = 'always',
  ): Promise<T> => call(name, async abortSignal => send(await ec2(), { abortSignal }), repeat, options);
  const pages = <P extends { NextToken?: string | undefined }, T>(
    name: string,
    send: (client: EC2, token: { NextToken?: string }, http: Http) => Promise<P>,
    itemsOf: (page: P) => readonly T[] | undefined,
    options?: CallOptions,
  ) => paged(token => ask(name, (client, http) => send(client, token, http), options), itemsOf);

  return {
    runInstances: async (input, options) =>
      (await ask('RunInstances', (c, http) => c.runInstances(input, http), launching(options), tokened(input)))
        .Instances ?? [],
    createFleet: (input, options) =>
      ask('CreateFleet', (c, http) => c.createFleet(input, http), launching(options), tokened(input)),
    // No second template has the name of the first, so that a repetition makes none.
    createLaunchTemplate: async (input, options) =>
      (await ask('CreateLaunchTemplate', (c, http) => c.createLaunchTemplate(input, http), options)).LaunchTemplate ??
      {},
    deleteLaunchTemplate: async (id, options) => {
      await ask('DeleteLaunchTemplate', (c, http) => c.deleteLaunchTemplate({ LaunchTemplateId: id }, http), options);
    },
    deleteLaunchTemplateNamed: async (name, options) => {
      await ask(
        'DeleteLaunchTemplate',
        (c, http) => c.deleteLaunchTemplate({ LaunchTemplateName: name }, http),
        options,
      );
    },
    launchTemplates: (filters, options) =>
      pages(
        'DescribeLaunchTemplates',
        (c, token, http) => c.describeLaunchTemplates({ Filters: [...filters], ...token }, http),
        page => page.LaunchTemplates,
        options,
      ),
    instances: (input, options) =>
      pages(
        'DescribeInstances',
        (c, token, http) => c.describeInstances({ ...input, ...token }, http),
        page => page.Reservations?.flatMap(reservation => reservation.Instances ?? []),
        options,
      ),
    instanceStatuses: (ids, options) =>
      pages(
        'DescribeInstanceStatus',
        (c, token, http) => c.describeInstanceStatus({ InstanceIds: [...ids], ...token }, http),
        page => page.InstanceStatuses,
        options,
      ),
    startInstance: async (id, options) => {
      await ask('StartInstances', (c, http) => c.startInstances({ InstanceIds: [id] }, http), options);
    },
    stopInstance: async (id, options) => {
      await ask('StopInstances', (c, http) => c.stopInstances({ InstanceIds: [id] }, http), options);
    },
    setShutdown: async (InstanceId, Value, options) => {
      const input = { InstanceId, InstanceInitiatedShutdownBehavior: { Value } };
      await ask('ModifyInstanceAttribute', (c, http) => c.modifyInstanceAttribute(input, http), options);
    },
    terminateInstance: async (id, options) => {
      await ask('TerminateInstances', (c, http) => c.terminateInstances({ InstanceIds: [id] }, http), options);
    },
    createTags: async (id, tags, options) => {
      await ask('CreateTags', (c, http) => c.createTags({ Resources: [id], Tags: [...tags] }, http), options);
    },
    deleteTags: async (id, keys, options) => {
      const Tags = keys.map(Key => ({ Key }));
      await ask('DeleteTags', (c, http) => c.deleteTags({ Resources: [id], Tags }, http), options);
    },
    instanceTypes: (input, options) =>
      pages(
        'DescribeInstanceTypes',
        (c, token, http) => c.describeInstanceTypes({ ...input, ...token }, http),
        page => page.InstanceTypes,
        options,
      ),
    instanceTypeOfferings: (input, options) =>
      pages(
        'DescribeInstanceTypeOfferings',
        (c, token, http) => c.describeInstanceTypeOfferings({ ...input, ...token }, http),
        page => page.InstanceTypeOfferings,
        options,
      ),
    spotPrices: (input, options) =>
      pages(
        'DescribeSpotPriceHistory',
        (c, token, http) => c.describeSpotPriceHistory({ ...input, ...token }, http),
        page => page.SpotPriceHistory,
        options,
      ),
    images: async (input, options) =>
      (await ask('DescribeImages', (c, http) => c.describeImages(input, http), options)).Images ?? [],
    subnets: (filters, options) =>
      pages(
        'DescribeSubnets',
        (c, token, http) => c.describeSubnets({ Filters: [...filters], ...token }, http),
        page => page.Subnets,
        options,
      ),
    securityGroups: (filters, options) =>
      pages(
        'DescribeSecurityGroups',
        (c, token, http) => c.describeSecurityGroups({ Filters: [...filters], ...token }, http),
        page => page.SecurityGroups,
        options,
      ),
    createSecurityGroup: async (input, options) =>
      // Twice is once: a group of that name is refused the second time.
      (await ask('CreateSecurityGroup', (c, http) => c.createSecurityGroup(input, http), options)).GroupId ?? '',
    authorizeIngress: async (input, options) => {
      await ask('AuthorizeSecurityGroupIngress', (c, http) => c.authorizeSecurityGroupIngress(input, http), options);
    },
    revokeIngress: async (input, options) => {
      await ask('RevokeSecurityGroupIngress', (c, http) => c.revokeSecurityGroupIngress(input, http), options);
    },
    describeIngress: async (input, options) => {
      await ask(
        'UpdateSecurityGroupRuleDescriptionsIngress',
        (c, http) => c.updateSecurityGroupRuleDescriptionsIngress(input, http),
        options,
      );
    },
    deleteSecurityGroup: async (id, options) => {
      await ask('DeleteSecurityGroup', (c, http) => c.deleteSecurityGroup({ GroupId: id }, http), options);
    },
    keyPairs: async (filters, options) =>
      (await ask('DescribeKeyPairs', (c, http) => c.describeKeyPairs({ Filters: [...filters] }, http), options))
        .KeyPairs ?? [],
    importKeyPair: async (input, options) => {
      await ask('ImportKeyPair', (c, http) => c.importKeyPair(input, http), options);
    },
    deleteKeyPair: async (id, options) => {
      await ask('DeleteKeyPair', (c, http) => c.deleteKeyPair({ KeyPairId: id }, http), options);
    },
    volumes: (filters, options) =>
      pages(
        'DescribeVolumes',
        (c, token, http) => c.describeVolumes({ Filters: [...filters], ...token }, http),
        page => page.Volumes,
        options,
      ),
    deleteVolume: async (id, options) => {
      await ask('DeleteVolume', (c, http) => c.deleteVolume({ VolumeId: id }, http), options);
    },
    parameter: async (Name, options) => {
      const send = async (abortSignal: AbortSignal) => (await ssm()).getParameter({ Name }, { abortSignal });
      return (await call('GetParameter', send, 'always', options)).Parameter?.Value;
    },
    quota: async (ServiceCode, QuotaCode, options) => {
      const send = async (abortSignal: AbortSignal) =>
        (await quotas()).getServiceQuota({ ServiceCode, QuotaCode }, { abortSignal });
      return (await call('GetServiceQuota', send, 'always', options)).Quota;
    },
    defaultQuota: async (ServiceCode, QuotaCode, options) => {
      const send = async (abortSignal: AbortSignal) =>
        (await quotas()).getAWSDefaultServiceQuota({ ServiceCode, QuotaCode }, { abortSignal });
      return (await call('GetAWSDefaultServiceQuota', send, 'always', options)).Quota;
    },
    products: (ServiceCode, filters, options) => {
      const send = (token: { NextToken?: string }) => async (abortSignal: AbortSignal) =>
        (await pricing()).getProducts({ ServiceCode, Filters: [...filters], ...token }, { abortSignal });
      return paged(
        token => call('GetProducts', send(token), 'always', options),
        page => page.PriceList?.map(String),
      );
    },
    close,
  };
}

interface Http {
  readonly abortSignal: AbortSignal;
}

function launching(options: CallOptions | undefined): CallOptions {
  return { ...launchLimits, ...options };
}

function tokened(input: { readonly ClientToken?: string | undefined }): Repeat {
  return input.ClientToken === undefined ? 'refused' : 'always';
}

async function* paged<P extends { NextToken?: string | undefined }, T>(
  ask: (token: { NextToken?: string }) => Promise<P>,
  itemsOf: (page: P) => readonly T[] | undefined,
): AsyncGenerator<T, void, undefined> {
  let next: string | undefined;
  do {
    const page = await ask(next === undefined ? {} : { NextToken: next });
    yield* itemsOf(page) ?? [];
    next = page.NextToken || undefined;
  } while (next !== undefined);
}
