import type { Ec2Section } from '@megalith/core';
import type { Clearance } from '../../inventory/host-entry.js';
import type { Market } from '../../pool/cloud-machine.js';
import type { WhenIdle } from '../../pool/keep-plan.js';

/** What the section `ec2` of the config says; defaults are filled in. */
export interface Ec2Settings {
  readonly region: string;
  /** Another address of the API, for tests and private endpoints. @defaultValue AWS's own */
  readonly endpoint?: string;
  /** Whose machines these are: no other owner's are reused or dismantled. @defaultValue `user@computer` */
  readonly owner: string;
  /** The highest label of data that may go there. @defaultValue 'internal' */
  readonly clearance: Clearance;
  /** Types that may be taken, `*` stands for anything: `["r6i.*", "x2idn.*"]`. @defaultValue current families without GPU, metal and burstable ones */
  readonly types?: readonly string[];
  /** @defaultValue ['x64'] */
  readonly archs: readonly ('x64' | 'arm64')[];
  /** Tried in this order. @defaultValue ['on-demand'] */
  readonly markets: readonly Market[];
  /** No machine dearer than this is taken. @defaultValue none */
  readonly maxUsdPerHour?: number;
  /** What all machines of this owner together may have cost in one day before no more are made and idle ones go. @defaultValue none */
  readonly maxUsdPerDay?: number;
  /** `ami-…`, or the name of an SSM parameter that holds one; `{arch}` in it stands for `x86_64` or `arm64`. @defaultValue Amazon Linux 2023 */
  readonly image: string;
  /** Account that must own an image given as `ami-…`; `self` and `amazon` are known too. @defaultValue ['self', 'amazon'] */
  readonly imageOwners: readonly string[];
  /** Who logs in. @defaultValue 'ec2-user' */
  readonly user: string;
  /** @defaultValue the default VPC's */
  readonly subnets?: readonly string[];
  /** @defaultValue one that is made, and admits SSH from `admit` only */
  readonly securityGroup?: string;
  /** Addresses that may connect, as a CIDR block. @defaultValue the address that this client is seen with */
  readonly admit?: string;
  /** `private` needs a route there: a VPN, or `jump`. @defaultValue 'public' */
  readonly address: 'public' | 'private';
  /** The name of a host of the inventory to go through. */
  readonly jump?: string;
  /** Where the machines' sshd listens. @defaultValue 22 */
  readonly port?: number;
  /** @defaultValue 'ed25519'; 'rsa' for images in FIPS mode, whose sshd refuses the other */
  readonly keyType: 'ed25519' | 'rsa';
  /** The volume that the system is on: at least the image's own size. @defaultValue 64 GiB */
  readonly diskBytes: number;
  /** No machine lives longer, milliseconds. @defaultValue 24 h */
  readonly maxLifetimeMs: number;
  /** How long a machine without work stays, milliseconds. @defaultValue by its economics, see `idleTailMs` */
  readonly idleMs?: number;
  /**
   * What is done with an on-demand machine that was without work for so long: `stop` keeps its disks, for 12 h at most, and the next job starts it again;
   * `auto` does so where its past says that this is cheaper. What is stopped costs its disks until a job or a sweep comes. @defaultValue 'terminate'
   */
  readonly whenIdle: WhenIdle;
  /** So long a machine stays for results that nobody has read, as of a job that was left alone, milliseconds. @defaultValue 1 h */
  readonly keepResultsMs: number;
  /** A machine that does not serve so long after its launch is ended, milliseconds. @defaultValue 10 min */
  readonly bootMs: number;
  /** Name of an instance profile for the machines. @defaultValue none: machines have no credentials */
  readonly instanceProfile?: string;
}

/** SSM parameters that AWS keeps for its own images: https://docs.aws.amazon.com/linux/al2023/ug/ec2.html */
const amazonLinux = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{arch}';

/**
 * Fills in what the config leaves out.
 * @param self who runs this, such as `ann@laptop`
 */
export function ec2Settings(section: Ec2Section, self: string): Ec2Settings {
  const { disk, maxLifetime, idle, keepResults, bootWithin, ...given } = section;
  return {
    owner: self,
    clearance: 'internal',
    archs: ['x64'],
    markets: ['on-demand'],
    image: amazonLinux,
    imageOwners: ['self', 'amazon'],
    user: 'ec2-user',
    address: 'public',
    keyType: 'ed25519',
    whenIdle: 'terminate',
    ...defined(given),
    diskBytes: disk ?? 64 * 2 ** 30,
    keepResultsMs: keepResults ?? 3600 * 1000,
    bootMs: bootWithin ?? 10 * 60_000,
    maxLifetimeMs: maxLifetime ?? 24 * 3600 * 1000,
    ...(idle === undefined ? {} : { idleMs: idle }),
  };
}

type Given = Omit<Ec2Section, 'disk' | 'maxLifetime' | 'idle' | 'keepResults' | 'bootWithin'>;

function defined(section: Given): { [K in keyof Given]: Exclude<Given[K], undefined> } {
  return Object.fromEntries(Object.entries(section).filter(([, value]) => value !== undefined)) as {
    [K in keyof Given]: Exclude<Given[K], undefined>;
  };
}
