export { type CommandTemplate, commandFor } from './command/command-template.js';
export { sourceOf } from './data/byte-source.js';
export type { CloudObject } from './data/cloud-object.js';
export { csvBorders } from './data/csv-borders.js';
export type { CsvOptions } from './data/csv-style.js';
export type { DataPart, PartFormat, PartSource } from './data/data-part.js';
export { type OpenPart, openPart } from './data/open-part.js';
export type { PartFile } from './data/part-file.js';
export type { PutGrant } from './data/put-grant.js';
export { Attempts } from './durable/attempts.js';
export { isWorthRetrying, retryDelayMs } from './durable/retries.js';
export { type ErrorCode, isMegalithError, MegalithError, type MegalithErrorOptions } from './errors.js';
export { askFiles } from './files/ask-files.js';
export { fileFailure } from './files/file-failure.js';
export type { FileReport } from './files/files-frame.js';
export { receiveTrees } from './files/receive-trees.js';
export { relativeSteps } from './files/safe-path.js';
export { reportFrom, sendTrees } from './files/send-trees.js';
export { type ServeFilesOptions, serveFiles } from './files/serve-files.js';
export { unlessMissing, unlessMissingSync } from './files/unless-missing.js';
export type { FolderFilter } from './files/walk-tree.js';
export { controlFrame, frameParts } from './function/call-frames.js';
export { functionCapacity } from './function/capacity.js';
export { unpackBytes } from './function/packed-bytes.js';
export { writeFileAtomically, writeFileAtomicallySync } from './journal/atomic-file.js';
export { type CancelRequest, requestCancel, watchCancelRequest } from './journal/cancel-request.js';
export {
  type ControlEntry,
  decodeControl,
  type JournalledSpec,
  type JournalledWork,
  largePayloadBytes,
} from './journal/entries.js';
export { jobFilesFolder, jobFolder, jobsFolder, megalithHome } from './journal/home.js';
export { type JobDescription, readJsonFile } from './journal/job-description.js';
export {
  type JobFolder,
  jobIds,
  lastActiveAt,
  mayBeRunning,
  readJobFolder,
  readJobFolders,
  removeJobFolder,
} from './journal/job-folders.js';
export { JobJournal, type JobJournalOptions, journalPath } from './journal/job-journal.js';
export { type JobSummary, tallied } from './journal/job-summary.js';
export { type FailureNote, type JobCounts, type JobDurations, type JobOutcome, JobTally } from './journal/job-tally.js';
export { JournalReader } from './journal/journal-reader.js';
export { defaultRetention, type PruneOptions, pruneJobs, type Retention } from './journal/prune-jobs.js';
export type { AgentLine, MachineOptions } from './machine/machine.js';
export { agentSocketPath } from './machine/socket-path.js';
export { usableCpus } from './memory/usable-cpus.js';
export { usableMemoryBytes } from './memory/usable-memory.js';
export { identityOf, isAlive, type ProcessIdentity } from './process/process-identity.js';
export { ByteWriter } from './protocol/byte-writer.js';
export { encodeError, encodeThrown, reviveError, reviveThrown } from './protocol/error-codec.js';
export { fieldsOf, parsedJson } from './protocol/foreign-json.js';
export { FrameReader, type FrameType, frameType, readMessage, writeFrame, writeMessage } from './protocol/frame.js';
export { higherLabel, isLabel, isLower, type Label, labels } from './protocol/label.js';
export type * from './protocol/lambda-messages.js';
export type * from './protocol/machine-messages.js';
export type * from './protocol/messages.js';
export { initialCredit, protocolVersion } from './protocol/messages.js';
export {
  RecordCursor,
  readRecords,
  recordKind,
  writeDone,
  writeFailed,
  writeLog,
  writeProgress,
  writeStarted,
} from './protocol/records.js';
export { appendTask, beginTasks } from './protocol/tasks.js';
export { canTravel, decodeValue, encodeValue } from './protocol/values.js';
