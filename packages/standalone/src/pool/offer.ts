import type { Market } from './cloud-machine.js';

/** What a job asks of a machine. */
export interface MachineRequirements {
  readonly cpus: number;
  readonly memoryBytes: number;
  /** @defaultValue no more than the image needs */
  readonly diskBytes?: number;
}

/** A shape that a cloud has. */
export interface CloudShape {
  /** `r6i.32xlarge` */
  readonly type: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly arch: 'x64' | 'arm64';
  /** Fast disks that go with the machine: bytes in all; 0 where it has none. */
  readonly localDiskBytes: number;
  /** Bare metal, burstable, accelerators, … are worth knowing. */
  readonly isBurstable: boolean;
  readonly isMetal: boolean;
  readonly hasGpu: boolean;
  /** Most that the shape can move to and from network volumes, MiB/s. */
  readonly volumeThroughputMibps?: number;
}

/** A shape at a price, in a zone, on a market. */
export interface Offer {
  readonly shape: CloudShape;
  readonly zone: string;
  readonly market: Market;
  readonly usdPerHour: number;
  /** What tasks can have of the memory: nominal × 0.925 until it was observed. */
  readonly usableMemoryBytes: number;
}
