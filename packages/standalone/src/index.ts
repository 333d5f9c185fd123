import { registerBackend } from '@megalith/core';

export { type StandaloneSetup, createStandaloneBackend } from './backend/standalone-backend.js';
export { configuredMachines, type Machines, type MachinesOptions, openStandalone } from './backend/standalone.js';
export { PlacedJobs } from './backend/placed-jobs.js';

/** Makes the name `standalone` known to executors. */
export function registerStandalone(): void {
  registerBackend('standalone', async options => (await import('./backend/standalone.js')).openStandalone(options));
}
