/** What a candidate of a pool stands for, as its id says it. */
export type PooledPlace =
  /** Machines that are made for it. */
  | {
      readonly how: 'new';
      readonly cloud: string;
      readonly region: string;
      readonly type: string;
      readonly market: string;
      readonly machines: number;
    }
  /** A machine that is there. */
  | { readonly how: 'warm' | 'stopped'; readonly machine: string };

/** `ec2 us-east-1 m6i.large on-demand`, `ec2 us-east-1 3 x m6i.large spot`, `warm i-0123456789abcdef0`. */
export function placeId(place: PooledPlace): string {
  if (place.how !== 'new') return `${place.how} ${place.machine}`;
  const { cloud, region, type, market, machines } = place;
  return `${cloud} ${region} ${machines === 1 ? '' : `${machines} x `}${type} ${market}`;
}

/** Undefined for what is no such id. */
export function readPlaceId(id: string): PooledPlace | undefined {
  const there = /^(warm|stopped) (\S+)$/.exec(id);
  if (there !== null) return { how: there[1] as 'warm' | 'stopped', machine: there[2]! };
  const made = /^(\S+) (\S+) (?:(\d+) x )?(\S+) (\S+)$/.exec(id);
  if (made === null) return undefined;
  const [, cloud, region, machines = '1', type, market] = made as unknown as readonly string[];
  return { how: 'new', cloud: cloud!, region: region!, type: type!, market: market!, machines: Number(machines) };
}
