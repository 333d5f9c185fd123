import { mkdir } from 'node:fs/promises';
import type { UnreadJobs } from '../durable/unread-jobs.js';
import { isMegalithError, MegalithError } from '../errors.js';
import { serveFiles } from '../files/serve-files.js';
import type { ClientConnection } from '../host/client-connection.js';
import { privateFolder } from '../journal/atomic-file.js';
import { requestCancel } from '../journal/cancel-request.js';
import { jobFilesFolder } from '../journal/home.js';
import {
  type JobFolder,
  mayBeRunning,
  readJobFolder,
  readJobFolders,
  removeJobFolder,
} from '../journal/job-folders.js';
import type {
  LeaseHolder,
  LeaseReply,
  LeaseRequest,
  MachineJob,
  MachineRequest,
  MachineStatus,
  RunningJob,
} from '../protocol/machine-messages.js';
import type { Failure } from '../protocol/messages.js';
import { mirrorJournal } from './mirror.js';

export interface RequestDesk {
  readonly home: string;
  status(): MachineStatus;
  running(): readonly RunningJob[];
  readonly unread: Pick<UnreadJobs, 'read'>;
  /** Takes no new jobs from now on. */
  drain(): void;
  /** Tells the connection, which is another agent's, the load as it changes. */
  share(agent: string, startedAt: number): void;
  stop(): void;
  change(settings: MachineRequest & { readonly type: 'settings' }): void;
  lease(request: LeaseRequest): LeaseReply;
  endLease(holder: LeaseHolder): void;
  /** Aborted when the connection is gone. */
  readonly signal: AbortSignal;
}

/** Answers what a client asks about a machine; what goes wrong is answered too. */
export function answerRequest(desk: RequestDesk, connection: ClientConnection, request: MachineRequest): void {
  answer(desk, connection, request).catch((error: unknown) => {
    connection.send({ type: 'refused', failure: failureOf(error) });
  });
}

async function answer(desk: RequestDesk, connection: ClientConnection, request: MachineRequest): Promise<void> {
  switch (request.type) {
    case 'status':
      connection.send({ type: 'status', status: desk.status() });
      return;
    case 'drain':
      desk.drain();
      connection.send({ type: 'ok', status: desk.status() });
      return;
    case 'share':
      desk.share(request.agent, request.startedAt);
      return;
    case 'stop': {
      const busy = desk.running().length;
      if (busy > 0 && !request.force) throw busyMachine(busy);
      connection.send({ type: 'ok' });
      desk.stop();
      return;
    }
    case 'settings':
      desk.change(request);
      connection.send({ type: 'ok' });
      return;
    case 'lease':
      connection.send(desk.lease(request));
      return;
    case 'endLease':
      desk.endLease(request.holder);
      connection.send({ type: 'ok' });
      return;
    case 'jobs':
      connection.send({ type: 'jobs', jobs: await machineJobs(desk) });
      return;
    case 'cancelJob':
      await requestCancel(desk.home, (await findJob(desk, request.id)).id, request.reason);
      connection.send({ type: 'ok' });
      return;
    case 'removeJob': {
      const job = await findJob(desk, request.id);
      if (mayBeRunning(job)) throw runningJob(job.id);
      await removeJobFolder(desk.home, job.id);
      connection.send({ type: 'ok' });
      return;
    }
    case 'mirror':
      if (await mirrorJournal(connection, await findJob(desk, request.id), request, desk.signal))
        desk.unread.read(request.id);
      return;
    case 'files': {
      const { id } = await findJob(desk, request.id);
      const root = jobFilesFolder(desk.home, id);
      await mkdir(root, { recursive: true, mode: privateFolder });
      connection.send({ type: 'ok' });
      await serveFiles(connection.handOver(), root);
    }
  }
}

async function machineJobs({ home, running }: RequestDesk): Promise<MachineJob[]> {
  const now = new Map(running().map(job => [job.id, job]));
  const { jobs } = await readJobFolders(home);
  return jobs
    .filter(job => job.description.durable === true)
    .map(job => {
      const { id, description, summary } = job;
      if (summary) return { id, description, summary };
      const running = now.get(id);
      if (running) return { id, description, running };
      return { id, description, ...(mayBeRunning(job) ? {} : { isLost: true }) };
    });
}

async function findJob({ home }: RequestDesk, id: string): Promise<JobFolder> {
  const job = await readJobFolder(home, id);
  if (job === undefined) throw new MegalithError('NOT_FOUND', `there is no job "${id}" on this machine`);
  return job;
}

function busyMachine(jobs: number): MegalithError {
  return new MegalithError('USAGE', `${jobs === 1 ? 'a job is' : `${jobs} jobs are`} not over on this machine`, {
    hint: 'wait, cancel them, or use --force: what runs is then begun again by the next agent',
  });
}

function runningJob(id: string): MegalithError {
  return new MegalithError('USAGE', `job "${id}" is running`, {
    hint: `cancel it first: \`megalith jobs cancel ${id}\``,
  });
}

function failureOf(error: unknown): Failure {
  if (!isMegalithError(error)) return { code: 'JOURNAL_FAILED', message: String(error) };
  const { code, message, hint } = error;
  return { code: code as Failure['code'], message, ...(hint === undefined ? {} : { hint }) };
}
