import { MegalithError } from '@megalith/agent';
import type { Leftover } from '../pool/cloud.js';
import type { CloudMachine, CloudState } from '../pool/cloud-machine.js';
import type { SweptCloud } from './sweep-options.js';

/** A cloud in memory: paginated, and as wrong as a real one where a test says so. */
export class MemoryCloud implements SweptCloud {
  readonly name = 'memory';
  readonly region = 'eu-west-1';
  readonly machines = new Map<string, CloudMachine>();
  readonly left: Leftover[] = [];
  /** Every call that changes something, in order. */
  readonly calls: string[] = [];
  /** Ids that lists don't show (yet). */
  readonly unlisted = new Set<string>();
  /** Ids that a look at one machine does not find, though they live. */
  readonly unfound = new Set<string>();
  /** What the termination of a machine throws, instead of ending it. */
  readonly refusals = new Map<string, Error>();
  /** Termination never settles. */
  readonly hanging = new Set<string>();
  /** Ids that pass the cloud's own checks; all others fail them. */
  readonly sound = new Set<string>();
  /** The list fails after so many machines. */
  breaksAfter: number | undefined;
  /** Called before a look at one machine. */
  beforeFind: (id: string) => void = () => undefined;

  constructor(machines: readonly CloudMachine[]) {
    for (const machine of machines) this.machines.set(machine.id, machine);
  }

  async *list(): AsyncIterable<CloudMachine> {
    let listed = 0;
    for (const machine of [...this.machines.values()]) {
      await Promise.resolve();
      if (this.unlisted.has(machine.id)) continue;
      if (listed++ === this.breaksAfter) throw new MegalithError('CLOUD_FAILED', 'the cloud does not answer');
      yield machine;
    }
  }

  async find(id: string): Promise<CloudMachine | undefined> {
    this.beforeFind(id);
    return this.unfound.has(id) ? undefined : this.machines.get(id);
  }

  async impaired(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(ids.filter(id => !this.sound.has(id)));
  }

  async stop(id: string): Promise<void> {
    this.calls.push(`stop ${id}`);
    this.become(id, 'stopped');
  }

  async terminate(id: string): Promise<void> {
    this.calls.push(`terminate ${id}`);
    const refusal = this.refusals.get(id);
    if (refusal !== undefined) throw refusal;
    if (this.hanging.has(id)) await new Promise(() => undefined);
    this.become(id, 'terminated');
  }

  async *leftovers(): AsyncIterable<Leftover> {
    yield* this.left;
  }

  async remove(leftover: Leftover): Promise<void> {
    this.calls.push(`remove ${leftover.id}`);
    const refusal = this.refusals.get(leftover.id);
    if (refusal !== undefined) throw refusal;
  }

  become(id: string, state: CloudState): void {
    this.machines.set(id, { ...this.machines.get(id)!, state });
  }
}
