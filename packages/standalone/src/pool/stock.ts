import type { CloudMachine } from './cloud-machine.js';
import type { MachineRequirements, Offer } from './offer.js';

/** What a cloud has, and which of its machines are ours, at one moment. */
export interface Stock {
  /** Every machine that carries our tags. Where nobody asked: none. */
  readonly machines: readonly CloudMachine[];
  /**
   * What fits, the cheapest first; one at least.
   * @throws MegalithError OVER_MEMORY, OVER_CPUS, OVER_BUDGET, NO_PLACEMENT, NOT_CONFIGURED, QUOTA where nothing does
   */
  offers(requirements: MachineRequirements): readonly Offer[];
  /** Undefined for a type that nobody knows. */
  worthOf(machine: CloudMachine): MachineWorth | undefined;
}

/** What a machine has to give, and what it costs. */
export interface MachineWorth {
  readonly cpus: number;
  readonly usableMemoryBytes: number;
  readonly usdPerHour: number;
  /** Of the volume that the system is on. */
  readonly diskUsdPerHour: number;
  /** As of `CloudShape`. */
  readonly localDiskBytes: number;
}
