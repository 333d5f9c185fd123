import { jobIds, type MachineJob, MegalithError, megalithHome, readJobFolder, readJobFolders } from '@megalith/agent';
import { listJobs, nearMatches } from '@megalith/core';
import { PlacedJobs } from '../backend/placed-jobs.js';
import type { MachinesOptions } from '../backend/standalone.js';
import { allMachines } from '../machines/all-machines.js';
import { chosenId } from './chosen-id.js';
import { FoundJob } from './found-job.js';
import type { JobPart } from './job-part.js';
import { type AskingOptions, askForJobs, partOn, partsOnMachines, wholeCopies } from './known-ways.js';
import { joinedListings, type ListedJob, listedJob, waiting } from './listed-job.js';
import { MachineWay, type Unreachable } from './machine-way.js';

/** For a listing, which one waits for at a terminal; and for a search, which may have to start an agent. */
const listDeadlineMs = 5000;
const findDeadlineMs = 30_000;

const here = 'here';

export interface JobsListing {
  readonly jobs: readonly ListedJob[];
  readonly unreachable: readonly Unreachable[];
  /** Of this client's own home: jobs that can't be read. */
  readonly unreadable: readonly MegalithError[];
}

/** The jobs of this client's own home and of all its machines. Whoever opens it closes it. */
export class MachineJobs {
  readonly #home: string;
  readonly #placed: PlacedJobs;
  readonly #ways: readonly MachineWay[];
  /** This machine, whose agent keeps its jobs in this client's home. */
  readonly #here: MachineWay | undefined;

  private constructor(home: string, ways: readonly MachineWay[]) {
    this.#home = home;
    this.#placed = new PlacedJobs(home);
    this.#here = ways.find(way => way.machine.provider === 'local');
    this.#ways = ways.filter(way => way !== this.#here);
  }

  /** Connects to nobody. @throws MegalithError CONFIG */
  static async open(options: Omit<MachinesOptions, 'hosts'> = {}): Promise<MachineJobs> {
    const machines = await allMachines(options);
    return new MachineJobs(
      options.home ?? megalithHome(),
      machines.map(machine => new MachineWay(machine)),
    );
  }

  /** All jobs, newest first. Machines that do not answer in time are named. */
  async list({ signal, deadlineMs = listDeadlineMs }: AskingOptions = {}): Promise<JobsListing> {
    const options = { signal, deadlineMs };
    // A host that this client has never looked at is not made ready for a listing.
    const isKnown = (way: MachineWay): boolean => way.machine.shape !== undefined;
    const [own, away] = await Promise.all([this.#listOwn(options), askForJobs(this.#ways, options, isKnown)]);
    const ownIds = new Set(own.jobs.map(({ id }) => id));
    const others = away.answers.flatMap(({ way, jobs }) => jobs.map(job => listedJob(job, way.name)));
    return {
      // An inventory may name this machine too.
      jobs: joinedListings([...own.jobs, ...others.filter(({ id }) => !ownIds.has(id))]),
      unreachable: [...own.unreachable, ...away.unreachable],
      unreadable: own.unreadable,
    };
  }

  /**
   * The job with this id, or the only one whose id starts with it: in this client's home, then where it sent it, then on any machine.
   * @throws MegalithError NOT_FOUND, with what looks alike and who could not be asked; USAGE where several start with it; CONTACT_LOST
   * where it is known to be on machines that can't be reached
   */
  async find(idOrPrefix: string, { signal, deadlineMs = findDeadlineMs }: AskingOptions = {}): Promise<FoundJob> {
    const known = await this.begunHere();
    const id = chosenId(idOrPrefix, known);
    const found = id === undefined ? undefined : await this.#findKnown(id, { signal, deadlineMs });
    return found ?? (await this.#findAnywhere(idOrPrefix, known, { signal, deadlineMs }));
  }

  /** Ids of the jobs that this client began, here or on machines. */
  async begunHere(): Promise<ReadonlySet<string>> {
    return new Set([...(await jobIds(this.#home)), ...this.#placed.list().map(note => note.id)]);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#ways, this.#here].map(way => way?.close()));
  }

  async #listOwn(options: { signal: AbortSignal | undefined; deadlineMs: number }): Promise<JobsListing> {
    const { jobs } = await readJobFolders(this.#home);
    const hasOpen = jobs.some(({ description, summary }) => description.durable === true && summary === undefined);
    // An agent of this machine runs them, or is started to go on with them.
    const ways = hasOpen && this.#here !== undefined ? [this.#here] : [];
    const { answers, unreachable } = await askForJobs(ways, options);
    const standing = new Map(answers.flatMap(answer => answer.jobs.map(job => [job.id, job.running])));
    const unreadable: MegalithError[] = [];
    const listings = await listJobs({ home: this.#home, onUnreadable: error => unreadable.push(error) });
    return {
      jobs: listings.map(job => ({ ...job, where: [here], ...waiting(standing.get(job.id)) })),
      unreachable,
      unreadable,
    };
  }

  /** Undefined where the job is in none of the places that are known to have had it. */
  async #findKnown(id: string, options: { signal: AbortSignal | undefined; deadlineMs: number }) {
    const own = await this.#ownPart(id);
    const noted = this.#placed.list().find(note => note.id === id)?.machines ?? [];
    const away = noted.filter(machine => machine !== this.#here?.id);
    const { parts, unreachable } = await partsOnMachines(id, away, this.#ways, this.#home, options);
    const all = own === undefined ? parts : [own, ...parts];
    if (all.length > 0) return new FoundJob(all, unreachable, this.#placed);
    if (unreachable.length > 0) throw outOfReach(id, unreachable);
    return undefined;
  }

  async #findAnywhere(
    idOrPrefix: string,
    known: ReadonlySet<string>,
    options: { signal: AbortSignal | undefined; deadlineMs: number },
  ): Promise<FoundJob> {
    const { answers, unreachable } = await askForJobs(this.#ways, options);
    const places: { way: MachineWay; jobs: readonly Pick<MachineJob, 'id' | 'description'>[] }[] = [...answers];
    for (const { machine } of unreachable) {
      const way = this.#ways.find(each => each.name === machine)!;
      places.push({ way, jobs: await wholeCopies(this.#home, way.id) });
    }
    const ids = places.flatMap(place => place.jobs.map(job => job.id));
    const id = chosenId(idOrPrefix, ids);
    if (id === undefined) throw notFound(idOrPrefix, [...known, ...ids], unreachable);
    const parts = places.flatMap(({ way, jobs }) =>
      jobs.filter(job => job.id === id).map(job => partOn(way, job, this.#home)),
    );
    const silent = unreachable.filter(({ machine }) => !parts.some(part => part.where === machine));
    return new FoundJob(parts, silent, this.#placed);
  }

  async #ownPart(id: string): Promise<JobPart | undefined> {
    const job = await readJobFolder(this.#home, id);
    if (job === undefined) return undefined;
    const way = job.description.durable === true ? this.#here : undefined;
    return { id, where: here, home: this.#home, way, isAway: false, kind: job.description.work.kind };
  }
}

function outOfReach(id: string, unreachable: readonly Unreachable[]): MegalithError {
  const [first] = unreachable;
  const details = { id, machines: unreachable.map(({ machine }) => machine) };
  if (unreachable.every(({ error }) => error.code === 'NOT_FOUND')) {
    const message = `job "${id}" went to ${details.machines.join(', ')}, and nothing of it is left: ${first!.error.message}`;
    return new MegalithError('AGENT_LOST', message, {
      hint: 'let a client wait for the job, or fetch its results in time',
      details,
      cause: first!.error,
    });
  }
  const others = unreachable.length > 1 ? `, nor can ${unreachable.length - 1} more` : '';
  return new MegalithError(
    'CONTACT_LOST',
    `job "${id}" went to ${first!.machine}, which can't be reached${others}: ${first!.error.message}`,
    {
      hint: first!.error.hint ?? 'the job goes on there: ask again when it can be reached',
      details,
      cause: first!.error,
    },
  );
}

function notFound(text: string, ids: readonly string[], unreachable: readonly Unreachable[]): MegalithError {
  const near = nearMatches(text, ids);
  const silent = unreachable.map(({ machine }) => machine);
  const hints = [
    near.length > 0 ? `did you mean ${near.map(id => `"${id}"`).join(', ')}?` : 'see `megalith jobs`',
    ...(silent.length === 0 ? [] : [`it may be on ${silent.join(', ')}, which can't be reached`]),
  ];
  return new MegalithError('NOT_FOUND', `there is no job "${text}"`, {
    hint: hints.join('; '),
    details: { near, unreachable: silent },
  });
}
