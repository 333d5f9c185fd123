/** What the metadata service knows of an instance. */
export interface InstanceMetadata {
  readonly instanceId: string;
  readonly type: string;
  readonly zone: string;
  readonly region: string;
  readonly market: 'on-demand' | 'spot';
  readonly imageId: string;
  readonly userData: string;
  readonly publicKey?: string;
  readonly hostName: string;
  readonly privateAddress: string;
  readonly publicAddress: string;
  /** ISO time. */
  readonly launchedAt: string;
  /** ISO time. @defaultValue none was announced */
  readonly interruptionAt?: string;
}

/** All that can be read, by path below `/latest/`. */
export function metadataTree(instance: InstanceMetadata): ReadonlyMap<string, string> {
  const { interruptionAt, publicKey, userData } = instance;
  const tree = new Map<string, string>([
    ['meta-data/ami-id', instance.imageId],
    ['meta-data/hostname', instance.hostName],
    ['meta-data/instance-id', instance.instanceId],
    ['meta-data/instance-life-cycle', instance.market],
    ['meta-data/instance-type', instance.type],
    ['meta-data/local-hostname', instance.hostName],
    ['meta-data/local-ipv4', instance.privateAddress],
    ['meta-data/placement/availability-zone', instance.zone],
    ['meta-data/placement/region', instance.region],
    ['meta-data/public-ipv4', instance.publicAddress],
    ['dynamic/instance-identity/document', JSON.stringify(identityOf(instance), undefined, 2)],
  ]);
  if (userData !== '') tree.set('user-data', userData);
  if (publicKey !== undefined) tree.set('meta-data/public-keys/0/openssh-key', publicKey);
  if (interruptionAt !== undefined) {
    const time = `${interruptionAt.slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`;
    tree.set('meta-data/spot/instance-action', JSON.stringify({ action: 'terminate', time }));
    tree.set('meta-data/spot/termination-time', time);
  }
  return tree;
}

/** A value, or for a folder its entries, one a line. Undefined where nothing is. */
export function readTree(tree: ReadonlyMap<string, string>, path: string): string | undefined {
  const exact = tree.get(path);
  if (exact !== undefined) return exact;
  const folder = path === '' || path.endsWith('/') ? path : `${path}/`;
  const below = [...tree.keys()].filter(key => key.startsWith(folder)).map(key => key.slice(folder.length));
  if (below.length === 0) return undefined;
  // Keys are listed with their names and read by number.
  if (folder === 'meta-data/public-keys/') return '0=key';
  return [...new Set(below.map(key => key.replace(/\/.*/, '/')))].sort().join('\n');
}

function identityOf({ instanceId, type, zone, region, imageId, privateAddress, launchedAt }: InstanceMetadata) {
  return {
    accountId: '123456789012',
    architecture: 'x86_64',
    availabilityZone: zone,
    imageId,
    instanceId,
    instanceType: type,
    pendingTime: launchedAt,
    privateIp: privateAddress,
    region,
    version: '2017-09-30',
  };
}
