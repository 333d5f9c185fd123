import type { EC2Client } from '@aws-sdk/client-ec2';
import { DescribeImagesCommand, DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { testClients } from '../test-clients.js';
import { besideInstances } from './beside-instances.js';
import { catalogue } from './catalogue.js';
import { fleets } from './fleets.js';
import { launches } from './launches.js';
import { lives } from './lives.js';

/** Something that says it is EC2. */
export interface ContractPlace {
  readonly endpoint: string;
  close?(): Promise<void>;
}

export interface ContractContext {
  readonly ec2: EC2Client;
  /** An x86_64 image. */
  readonly imageId: string;
  /** One subnet of each of the first two zones. */
  readonly subnets: readonly { readonly id: string; readonly zone: string }[];
}

/** Tests of one topic, by their names. */
export type ContractPart = Readonly<Record<string, (context: ContractContext) => Promise<void>>>;

const parts: Readonly<Record<string, ContractPart>> = {
  launches,
  lives,
  fleets,
  'beside instances': besideInstances,
  catalogue,
};

/**
 * What clients may count on, of any EC2. `differences` says, by test, what a place does in another way than AWS: such a test must fail there, so
 * that the list stays true.
 */
export function defineContract(
  name: string,
  open: () => ContractPlace | Promise<ContractPlace>,
  differences: Readonly<Record<string, string>> = {},
): void {
  describe(`contract of EC2: ${name}`, () => {
    let place: ContractPlace | undefined;
    let clients: ReturnType<typeof testClients> | undefined;
    let context: ContractContext;

    beforeAll(async () => {
      place = await open();
      clients = testClients(place.endpoint);
      context = await contextOf(clients.ec2);
    });

    afterAll(async () => {
      clients?.close();
      await place?.close?.();
    });

    for (const [topic, part] of Object.entries(parts)) {
      describe(topic, () => {
        for (const [title, run] of Object.entries(part)) {
          const difference = differences[title];
          if (difference === undefined) test(title, () => run(context));
          else test(`${title} (differs: ${difference})`, { fails: true, retry: 0 }, () => run(context));
        }
      });
    }
  });
}

async function contextOf(ec2: EC2Client): Promise<ContractContext> {
  const filters = [
    { Name: 'architecture', Values: ['x86_64'] },
    { Name: 'state', Values: ['available'] },
  ];
  const { Images } = await ec2.send(new DescribeImagesCommand({ Owners: ['amazon'], Filters: filters }));
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({}));
  const subnets = Subnets!.map(subnet => ({ id: subnet.SubnetId!, zone: subnet.AvailabilityZone! }));
  const sorted = subnets.toSorted((one, other) => one.zone.localeCompare(other.zone));
  return { ec2, imageId: Images!.find(image => image.Platform === undefined)!.ImageId!, subnets: sorted.slice(0, 2) };
}
