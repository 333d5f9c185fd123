import { mkdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Ec2Simulator } from '../../ec2/ec2-simulator.js';
import type { BootedHost } from '../../ec2/hosts/start-instance-hosts.js';
import { type HostStep, hasComeOn } from './host-steps.js';
import type { LeakClient } from './start-client.js';
import { runsIn } from './tally.js';

/** A moment at which a client is killed: no product code knows of it. */
export type KillPoint =
  /** At its k-th request of the API. `lost`: nobody acted on it. `unanswered`: all was done, and no reply came. `answered`: it just had the reply. */
  | { readonly at: 'request'; readonly number: number; readonly phase: 'lost' | 'unanswered' | 'answered' }
  /** At the k-th change of a record in its home. */
  | { readonly at: 'record'; readonly number: number }
  | { readonly at: 'host'; readonly step: HostStep }
  /** So long after its first request. */
  | { readonly at: 'time'; readonly ms: number };

export interface Scene {
  readonly ec2: Ec2Simulator;
  readonly home: string;
  readonly tally: string;
  readonly job: string;
  readonly client: LeakClient;
  readonly hostOf: (instance: string) => BootedHost | undefined;
}

/** What a client did, as kill points count it. */
export interface Counted {
  requests: number;
  /** Which of them asked for the machine first; 0 where none did. */
  launch: number;
  records: number;
  /** The point has come. */
  struck: boolean;
}

const recordFolders = ['intents', 'launches', 'machines', 'keys', 'catalogue'] as const;

/** To be made before the client starts: what is not there can't be watched. */
export function makeRecordFolders(home: string): void {
  for (const folder of recordFolders) mkdirSync(join(home, 'cloud', folder), { recursive: true, mode: 0o700 });
}

/**
 * Kills the client once it comes to that point; undefined only counts. Ends its watching with the client's own end.
 */
export function killAt(point: KillPoint | undefined, scene: Scene): Counted {
  const { ec2, home, client } = scene;
  const counted: Counted = { requests: 0, launch: 0, records: 0, struck: false };
  const strike = (): void => {
    counted.struck ||= !client.hasEnded;
    client.kill();
  };

  const phase = point?.at === 'request' ? point.phase : undefined;
  const hook = ec2.faults.add({
    action: '*',
    kind: 'request-lost',
    when: ({ Action }) => {
      if (client.hasEnded) return false;
      counted.requests++;
      if (Action === 'CreateFleet' && counted.launch === 0) counted.launch = counted.requests;
      if (point?.at === 'time' && counted.requests === 1) setTimeout(strike, point.ms);
      if (point?.at !== 'request' || counted.requests !== point.number) return false;
      if (phase === 'answered') killOnceAnswered(ec2, ec2.requests.length - 1, strike);
      else strike();
      return phase === 'lost';
    },
  });
  const watchers = ['.', ...recordFolders].map(folder =>
    watch(join(home, 'cloud', folder), (event, name) => {
      if (event !== 'rename' || name === null || !name.endsWith('.json')) return;
      if (++counted.records === (point?.at === 'record' ? point.number : 0)) strike();
    }),
  );
  const looking = setInterval(() => {
    if (client.hasEnded) {
      clearInterval(looking);
      hook.remove();
      for (const watcher of watchers) watcher.close();
    } else if (point?.at === 'host' && hasCome(point.step, scene)) strike();
  }, 5);
  return counted;
}

function killOnceAnswered(ec2: Ec2Simulator, index: number, strike: () => void): void {
  const look = (): void => {
    // The reply goes out in the same turn as its outcome is known; a moment later the client has it.
    if (ec2.requests[index]?.outcome !== undefined) setTimeout(strike, 3);
    else setImmediate(look);
  };
  look();
}

function hasCome(step: HostStep, { ec2, tally, job, client, hostOf }: Scene): boolean {
  if (step === 'result told') return client.said().includes('done');
  if (step === 'job began') return runsIn(tally).began > 0;
  if (step === 'job ended') return runsIn(tally).ended > 0;
  const [first] = ec2.instances();
  const host = first === undefined ? undefined : hostOf(first.id)?.machine;
  return host !== undefined && hasComeOn(host, step, job);
}
