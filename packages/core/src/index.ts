export {
  type AttemptStats,
  type CloudObject,
  type CommandResult,
  commandFor,
  type DataPart,
  decodeValue,
  type ErrorCode,
  encodeValue,
  type Failure,
  type FileReport,
  type Isolation,
  isMegalithError,
  type Label,
  labels,
  MegalithError,
  type MegalithErrorOptions,
  megalithHome,
  type OpenPart,
  openPart,
  type PartFormat,
  type TaskStorage,
} from '@megalith/agent';
export type {
  AuditEntry,
  AuditKind,
  AuditRecord,
  DeclassifyEntry,
  EscalationEntry,
  LabelEntry,
  PlacementEntry,
  RefusalEntry,
} from './audit/audit-entry.js';
export type { ChainEnd } from './audit/audit-line.js';
export { type Audit, type AuditOptions, openAudit } from './audit/open-audit.js';
export { type AuditedJob, escalationEntry, planEntry, refusalEntry } from './audit/plan-entry.js';
export { type ReadAuditOptions, readAudit } from './audit/read-audit.js';
export { type AuditProblem, type AuditVerdict, type VerifyOptions, verifyAudit } from './audit/verify-audit.js';
export type { DurableRun } from './backends/agent/durable-run.js';
export { EventQueue } from './backends/agent/event-queue.js';
export { failureError } from './backends/agent/failure-error.js';
export { LastingConnection, type LastingOptions } from './backends/agent/lasting-connection.js';
export * from './backends/backend.js';
export { IndexSet } from './backends/index-set.js';
export type { Cleaned, CleanOptions, OwnedFunction } from './backends/lambda/functions-here.js';
export type { LambdaPolicies, LambdaPolicy } from './backends/lambda/iam-policies.js';
export { lambdaSettings } from './backends/lambda/lambda-config.js';
export { cleanFunctions, configuredPolicies, listFunctions, openLambda } from './backends/lambda/lambda-entrance.js';
export type { LambdaSettings } from './backends/lambda/lambda-settings.js';
export type { LambdaOptions } from './backends/lambda/open-lambda.js';
export { type HostOptions, offerSpareHost, type SpareHost, startSpareHost } from './backends/local/spare-host.js';
export { type BackendFactory, registerBackend } from './backends/registry.js';
export type { AgentSection } from './config/agent-section.js';
export { newProjectFile } from './config/config-files.js';
export { type ConfigParser, loadConfigParser } from './config/config-parser.js';
export { configProblem, eitherOf } from './config/config-problem.js';
export { formatDuration, parseDuration } from './config/duration.js';
export type { Ec2Section } from './config/ec2-section.js';
export type { HostEntry } from './config/host-entry.js';
export { hostNameRule, isHostName } from './config/host-name.js';
export type { LambdaSection } from './config/lambda-section.js';
export type { HistorySection } from './config/parsed-config.js';
export { type Config, type ConfigOptions, readConfig } from './config/read-config.js';
export { formatSize, parseSize } from './config/size.js';
export type { StoreEntry } from './config/store-section.js';
export { formatUsd } from './config/usd.js';
export { type CollectOptions, getResult } from './executor/collect.js';
export type { ExecutorOptions, PlanOptions } from './executor/executor-options.js';
export { FunctionExecutor } from './executor/function-executor.js';
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
export { glob } from './files/glob.js';
export { expandBraces, isGlob } from './files/glob-pattern.js';
export { sendFiles, type TransferOptions } from './files/send-files.js';
export { type CancelJobOptions, cancelJob } from './jobs/cancel-job.js';
export { jobLogs, type LogChunk, type LogsOptions } from './jobs/job-logs.js';
export type { JobListing, JobReport, JobsOptions, RecordedState } from './jobs/job-report.js';
export { jobResults, type RecordedResult } from './jobs/job-results.js';
export { nearMatches } from './jobs/near-matches.js';
export { type ListOptions, listJobs, readJob, report as reportOf } from './jobs/read-job.js';
export { removeJob } from './jobs/remove-job.js';
export { type WaitForJobOptions, waitForJob } from './jobs/wait-for-job.js';
export { type Declassified, type DeclassifyOptions, declassify } from './labels/declassify.js';
export { LabelBook, type LabelBookOptions, type LabelledPath } from './labels/label-book.js';
export { labelFetched } from './labels/label-files.js';
export {
  type CarriedLabel,
  type CarriesLabel,
  type Labelled,
  labelSymbol,
  labelsOfInput,
  withLabel,
} from './labels/labelled.js';
export { type PathLabel, pathLabels } from './labels/path-labels.js';
export { byObject, type DataItems, data } from './partition/data.js';
export type { DataOptions, SplittableObject, Splitter } from './partition/data-options.js';
export type { DataEntry, DataSource } from './partition/data-source.js';
export type * from './placement/billing.js';
export { requireClearance } from './placement/clearance.js';
export { dependsOnGuess } from './placement/depends-on-guess.js';
export { type Estimate, estimateOf } from './placement/estimate.js';
export { cheapest, type Goal } from './placement/goal.js';
export { type JobProfile, type Spread, unknownProfile } from './placement/job-profile.js';
export { type JobLabel, type LabelFacts, labelOf } from './placement/label-of.js';
export { type Climb, defaultEscalations, type NoRung, nextRung, type Rung } from './placement/ladder.js';
export { memoryRoomBytes } from './placement/memory-room.js';
export { type PlannedJob, placeOf, plan } from './placement/plan.js';
export { defaultPolicy, type PathRule, type Policy } from './placement/policy.js';
export { type FunctionPrice, type PriceBook, parsePrices } from './placement/prices-file.js';
export { canBeBeaten } from './placement/rank.js';
export type { Site } from './placement/site.js';
export { type CleanedObjects, cleanStore } from './pointers/clean-store.js';
export type { ExecutorStorage, StorageCleanOptions, StoragePutOptions } from './pointers/executor-storage.js';
export type { Keep } from './pointers/key-layout.js';
export { runningJobs } from './pointers/running-jobs.js';
export { StoresHere } from './pointers/stores-here.js';
export { fromModule } from './ship/from-module.js';
export { shipExport } from './ship/ship-export.js';
export { shipFunction } from './ship/ship-function.js';
export type { ShippedFunction } from './ship/shipped-function.js';
export type { Grouping } from './shuffle/grouping.js';
export type { GroupKey } from './shuffle/key-code.js';
export type { Pairs } from './shuffle/map-to-runs.js';
export type { ShuffleOptions, SortedFile, SortKey, SortOptions } from './shuffle/sort-options.js';
export type { Sorting } from './shuffle/sorting.js';
export { type CopyOptions, type CopyProgress, copyObjects } from './storage/copy-objects.js';
export { type CopyPlace, OpenLocations } from './storage/open-location.js';
export {
  labelOfStored,
  type OpenStore,
  openStore,
  registerStorage,
  requireStoreClearance,
  type StorageFactory,
  type StoreSettings,
} from './storage/open-store.js';
export { type ParallelOptions, readParallel } from './storage/read-parallel.js';
export type * from './storage/storage.js';
