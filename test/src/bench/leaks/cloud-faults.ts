import type { Ec2Simulator } from '../../ec2/ec2-simulator.js';
import type { Fault } from '../../ec2/faults.js';
import type { BootFaults } from '../../ec2/hosts/boot-faults.js';

/** One of the things that go wrong with a cloud, and what a client that comes back may expect. */
export interface CloudFault {
  readonly name: string;
  readonly faults?: readonly Fault[];
  readonly boot?: BootFaults;
  readonly market?: 'spot';
  /** After the first machine runs. */
  readonly later?: (ec2: Ec2Simulator, instance: string) => void;
  /** Codes: no client gets a result, and each is told one of these. `none`: nobody waits so long. @defaultValue a result */
  readonly expects?: readonly string[] | 'none';
  /** Where it shows: on machines that boot (`real`), or without any (`silent`). @defaultValue on both */
  readonly only?: 'real' | 'silent';
  /** So many times longer machines live, where clients take longer. @defaultValue 1 */
  readonly longer?: number;
}

const changing = /^(Create|Import|Authorize|Run|Terminate|Delete)/;

const onChanges = (fault: { readonly kind: 'reply-lost' } | { readonly kind: 'request-lost' }): Fault => ({
  action: '*',
  when: ({ Action }) => changing.test(String(Action)),
  times: 2,
  ...fault,
});

/** The faults of the issue, each alone. */
export const cloudFaults: readonly CloudFault[] = [
  { name: 'none' },
  { name: 'reply lost after success', faults: [onChanges({ kind: 'reply-lost' })] },
  { name: 'request lost', faults: [onChanges({ kind: 'request-lost' })] },
  {
    name: 'RequestLimitExceeded',
    faults: [{ action: 'CreateFleet', kind: 'error', code: 'RequestLimitExceeded', times: 1 }],
  },
  {
    name: 'no capacity in a zone',
    faults: [{ action: 'CreateFleet', kind: 'no-capacity', zone: 'us-east-1a', type: 'r6i.large' }],
  },
  {
    name: 'VcpuLimitExceeded',
    faults: [{ action: 'CreateFleet', kind: 'error', code: 'VcpuLimitExceeded' }],
    // What was refused a moment ago is not asked for.
    expects: ['QUOTA', 'NO_CAPACITY'],
    only: 'silent',
  },
  { name: 'partial fleet', faults: [{ action: 'CreateFleet', kind: 'partial', count: 0, times: 1 }] },
  // A client waits for 20 s until it takes them for lost, and writes them once more.
  { name: 'tags lost', faults: [{ action: 'CreateFleet', kind: 'tags-lost' }], longer: 1.6 },
  { name: 'NotFound after create', faults: [{ action: 'CreateFleet', kind: 'unseen', ms: 2000 }] },
  { name: 'NotFound on terminate', faults: [{ action: 'TerminateInstances', kind: 'not-found', times: 1 }] },
  { name: 'clock skew', faults: [{ action: '*', kind: 'clock-skew', ms: 90_000 }] },
  { name: 'slow boot', faults: [{ action: 'CreateFleet', kind: 'slow-boot', ms: 1500 }] },
  { name: 'SSH never opens', boot: { ssh: 'closed' }, expects: 'none', only: 'real' },
  { name: 'wrong host key', boot: { ownHostKey: true }, expects: ['HOST_KEY'], only: 'real' },
  {
    name: 'spot notice',
    market: 'spot',
    later: (ec2, instance) => ec2.interrupt(instance, 3000),
  },
];
