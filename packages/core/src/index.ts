export {
  type AttemptStats,
  type CommandResult,
  commandFor,
  decodeValue,
  type ErrorCode,
  encodeValue,
  type Failure,
  type FileReport,
  type Isolation,
  isMegalithError,
  type Label,
  MegalithError,
  type MegalithErrorOptions,
  megalithHome,
} from '@megalith/agent';
export type { DurableRun } from './backends/agent/durable-run.js';
export { EventQueue } from './backends/agent/event-queue.js';
export { failureError } from './backends/agent/failure-error.js';
export { LastingConnection, type LastingOptions } from './backends/agent/lasting-connection.js';
export * from './backends/backend.js';
export { type HostOptions, offerSpareHost, type SpareHost, startSpareHost } from './backends/local/spare-host.js';
export { type BackendFactory, registerBackend } from './backends/registry.js';
export { formatDuration, parseDuration } from './config/duration.js';
export { formatSize, parseSize } from './config/size.js';
export { formatUsd } from './config/usd.js';
export { type CollectOptions, getResult } from './executor/collect.js';
export { type ExecutorOptions, FunctionExecutor } from './executor/function-executor.js';
export type { Items } from './executor/input.js';
export type { MapReduceOptions } from './executor/map-reduce.js';
export { type PMapOptions, pMap } from './executor/p-map.js';
export { pMapSkip } from './executor/p-map-skip.js';
export { Pool } from './executor/pool.js';
export type { Reduction } from './executor/reduction.js';
export {
  type SharedFile,
  type SharedFileType,
  type SharedInput,
  type SharedLoader,
  sharedFile,
  sharedFileTypes,
} from './executor/shared.js';
export type { Waitable } from './executor/target.js';
export type * from './executor/types.js';
export { type WaitResult, wait } from './executor/wait.js';
export { fetchFiles } from './files/fetch-files.js';
export { type FileInput, type FileOutput, parseFileInput, parseFileOutput } from './files/file-argument.js';
export { sendFiles, type TransferOptions } from './files/send-files.js';
export { type CancelJobOptions, cancelJob } from './jobs/cancel-job.js';
export { jobLogs, type LogChunk, type LogsOptions } from './jobs/job-logs.js';
export type { JobListing, JobReport, JobsOptions, RecordedState } from './jobs/job-report.js';
export { jobResults, type RecordedResult } from './jobs/job-results.js';
export { nearMatches } from './jobs/near-matches.js';
export { type ListOptions, listJobs, readJob, report as reportOf } from './jobs/read-job.js';
export { removeJob } from './jobs/remove-job.js';
export { type WaitForJobOptions, waitForJob } from './jobs/wait-for-job.js';
export type * from './placement/billing.js';
export { requireClearance } from './placement/clearance.js';
export { type Estimate, estimateOf } from './placement/estimate.js';
export { cheapest, type Goal } from './placement/goal.js';
export { type JobProfile, type Spread, unknownProfile } from './placement/job-profile.js';
export { type JobLabel, type LabelFacts, labelOf } from './placement/label-of.js';
export { type Climb, defaultEscalations, type NoRung, nextRung, type Rung } from './placement/ladder.js';
export { memoryRoomBytes } from './placement/memory-room.js';
export { type PlannedJob, placeOf, plan } from './placement/plan.js';
export { defaultPolicy, type PathRule, type Policy } from './placement/policy.js';
export { canBeBeaten } from './placement/rank.js';
export { dependsOnGuess } from './placement/sensitive.js';
export type { Site } from './placement/site.js';
export { fromModule } from './ship/from-module.js';
export { shipExport } from './ship/ship-export.js';
export { shipFunction } from './ship/ship-function.js';
export type { ShippedFunction } from './ship/shipped-function.js';
export type * from './storage/storage.js';
