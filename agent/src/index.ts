export { type CommandTemplate, commandFor } from './command/command-template.js';
export { sourceOf } from './data/byte-source.js';
export type { CloudObject } from './data/cloud-object.js';
export { csvBorders } from './data/csv-borders.js';
export type { CsvOptions } from './data/csv-style.js';
export type { DataPart, PartFormat, PartSource } from './data/data-part.js';
export { FsPiece, makePiecesFolder, sweepPieces } from './data/fs-pieces.js';
export { type FsRecord, FsRecords, keyHash, ownFolder, strangerEtag } from './data/fs-records.js';
export type { JobStorage } from './data/job-storage.js';
export type { LineBatch } from './data/line-batch.js';
export { nameOf } from './data/open-object.js';
export { type OpenPart, openPart } from './data/open-part.js';
export type { PartFile } from './data/part-file.js';
export { isPointer, pointersIn, withPointers } from './data/pointers.js';
export type { PutGrant } from './data/put-grant.js';
export { diskFailure } from './data/sort/disk-failure.js';
export { eachLine } from './data/sort/each-line.js';
export { addFileLines, type FileLines, type LineField } from './data/sort/file-lines.js';
export { LineWriter } from './data/sort/line-writer.js';
export { type MergeOptions, mergeSlices } from './data/sort/merge-slices.js';
export type { MergedRuns } from './data/sort/merged-runs.js';
export { type RecordGroup, recordGroups } from './data/sort/record-groups.js';
export { RunCursor, type RunSlice } from './data/sort/run-cursor.js';
export { type RunSample, type RunSummary, readRunEnd, sampleKeyBytes } from './data/sort/run-end.js';
export { RunMaker, type RunMakerOptions } from './data/sort/run-maker.js';
export { commonKeyBytes, placeInRun, type RunPlace, wholeRun } from './data/sort/run-slices.js';
export { RunWriter } from './data/sort/run-writer.js';
export { TaskStorage } from './data/task-storage.js';
export { Attempts } from './durable/attempts.js';
export { isWorthRetrying, retryDelayMs } from './durable/retries.js';
export { type ErrorCode, isMegalithError, MegalithError, type MegalithErrorOptions } from './errors.js';
export { askFiles } from './files/ask-files.js';
export { fileFailure } from './files/file-failure.js';
export type { FileReport } from './files/files-frame.js';
export { ownedName, removeLeft } from './files/owned-name.js';
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
export { collectGarbage } from './memory/collect-garbage.js';
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
export { canTravel, decodeValue, encodeValue, writeValue } from './protocol/values.js';
