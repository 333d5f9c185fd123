import { registerBackend } from '@megalith/core';

export { PlacedJobs } from './backend/placed-jobs.js';
export { configuredMachines, type Machines, type MachinesOptions, openStandalone } from './backend/standalone.js';
export { createStandaloneBackend, type StandaloneSetup } from './backend/standalone-backend.js';
export { probeHost } from './bootstrap/look-at-host.js';
export { linesOf, type WatchOptions, watch } from './dismantle/daemon.js';
export { type InstallOptions, type InstallTexts, installTexts } from './dismantle/install.js';
export { type PoolSweepOptions, sweepPool } from './dismantle/pool-sweep.js';
export { quickSweep } from './dismantle/quick-sweep.js';
export type { Deed, Outcome, SweepReport } from './dismantle/sweep-report.js';
export type { AgentSettings } from './inventory/agent-settings.js';
export { putHosts, removeHost } from './inventory/change-inventory.js';
export type { Clearance, HostEntry, HostFacts } from './inventory/host-entry.js';
export { type Inventory, type InventoryOptions, readInventory } from './inventory/read-inventory.js';
export { readSshFiles, type SshFiles } from './inventory/ssh-files.js';
export { addTo, FoundJob, type FoundReport } from './jobs/found-job.js';
export type { JobMoment } from './jobs/job-moments.js';
export { JointStanding } from './jobs/joint-standing.js';
export type { ListedJob } from './jobs/listed-job.js';
export { type JobsListing, MachineJobs } from './jobs/machine-jobs.js';
export type { Machine, Shape } from './machine.js';
export { allMachines, machineNamed } from './machines/all-machines.js';
export { drainMachine, type EndedState, stopMachine } from './machines/end-machine.js';
export type { AgentState, MachineProblem, MachineState } from './machines/machine-state.js';
export { machineStates } from './machines/machine-states.js';
export { openSshClient, type SshClientSetup } from './machines/ssh-client-setup.js';
export type { AskOptions } from './machines/with-agent.js';
export { acquire } from './pool/acquire.js';
export { configuredPool, type PoolOptions, poolIfConfigured } from './pool/configured-pool.js';
export { type DrainedMachine, drainPool } from './pool/drain-pool.js';
export { type CloudLook, lookAtCloud } from './pool/look-at-cloud.js';
export { type PooledState, type PoolListing, pooledStates } from './pool/pooled-states.js';
export { type WarmedUp, type WarmUpOptions, warmUp } from './pool/warm-up.js';
export { withPrices } from './providers/ec2/as-of.js';
export { type Catalogue, compiledCatalogue } from './providers/ec2/compiled-catalogue.js';
export type { Ec2Pool } from './providers/ec2/ec2-pool.js';
export type { Ec2Shape } from './providers/ec2/ec2-shape.js';
export { iamPolicy, type PolicyDocument } from './providers/ec2/iam-policy.js';
export { type Ec2Offer, type OfferLimits, offersFor } from './providers/ec2/offers.js';
export { onDemandPrice, type Price } from './providers/ec2/price-of.js';
export { compiledPrices, compiledPricesDate, compiledShapes } from './providers/ec2/price-table.js';
export { sshTarget } from './providers/ssh-target.js';
export { connectSsh } from './ssh/connect-ssh.js';
export type { HostKey } from './ssh/host-key.js';
export type { KnownHost } from './ssh/known-hosts.js';
export { scanHostKeys } from './ssh/scan-host-keys.js';

/** Makes the name `standalone` known to executors. */
export function registerStandalone(): void {
  registerBackend('standalone', async options => (await import('./backend/standalone.js')).openStandalone(options));
}
