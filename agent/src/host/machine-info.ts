import { hostname } from 'node:os';
import type { MachineInfo } from '../protocol/messages.js';
import type { Capacity } from './admission.js';

/** What a host says of the machine that it runs on. */
export function machineInfo({ cpus, memoryBytes }: Capacity): MachineInfo {
  return {
    hostname: hostname(),
    cpus,
    usableMemoryBytes: memoryBytes,
    nodeVersion: process.version,
    pid: process.pid,
  };
}
