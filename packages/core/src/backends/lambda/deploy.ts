import { MegalithError } from '@megalith/agent';
import type { NoteBook } from './cloud-notes.js';
import { controlCall, type World } from './control-call.js';
import type { FunctionCode } from './function-code.js';
import { functionName, ourTag, ownerTag, usedTag, versionOf, versionTag } from './function-name.js';
import type { FunctionState, LambdaApi } from './lambda-api.js';
import type { lambdaErrorClass } from './lambda-error.js';
import type { LambdaSettings } from './lambda-settings.js';

export interface DeployerSetup {
  readonly settings: LambdaSettings;
  readonly api: LambdaApi;
  readonly code: () => Promise<FunctionCode>;
  readonly notes: NoteBook;
  readonly world: World;
}

/** A function that was seen within this time is taken to be there, milliseconds: a call to one that is not says so. */
const seenForMs = 10 * 60_000;
/** AWS makes a function from an archive in seconds. */
const activeWithinMs = 90_000;
/** A new role is known everywhere within some seconds. */
const roleWithinMs = 45_000;
/** A function whose last use was said longer ago gets a new mark, milliseconds: clients of other versions spare what was used within days. */
const markEveryMs = 86_400_000;
/** For each of the two requests of a mark, milliseconds. */
const markWithinMs = 3_000;
const firstLookMs = 100;
const mostLookMs = 1_000;

/** Makes functions, one of each size, and knows which are there. Any number of clients may do so at once. */
export class Deployer {
  readonly #setup: DeployerSetup;
  readonly #ready = new Map<number, Promise<string>>();
  /** When each was last known to be marked as used, by size. */
  readonly #markedAt = new Map<number, number>();
  #version: Promise<string> | undefined;

  constructor(setup: DeployerSetup) {
    this.#setup = setup;
  }

  /** Of the functions that this client would make. */
  version(): Promise<string> {
    this.#version ??= this.#setup.code().then(code => versionOf(code.hash, this.#setup.settings));
    return this.#version;
  }

  async nameOf(memoryMib: number): Promise<string> {
    const { owner, arch } = this.#setup.settings;
    return functionName({ owner, arch, memoryMib, version: await this.version() });
  }

  /** Sizes whose functions are known to be there, without asking. */
  async knownSizes(): Promise<ReadonlySet<number>> {
    const { notes, settings } = this.#setup;
    const { seen } = await notes.read();
    const names = await Promise.all(settings.memoryMib.map(mib => this.nameOf(mib)));
    return new Set(settings.memoryMib.filter((mib, i) => this.#ready.has(mib) || this.#isRecent(seen[names[i]!])));
  }

  /**
   * The name of the function of that size, which is ready to be called. Those who ask at once share the work, which does not end with them.
   * @param signal of the backend, not of a job
   * @throws MegalithError NO_CREDENTIALS, QUOTA, CLOUD_FAILED, CANCELLED
   */
  ensure(memoryMib: number, signal?: AbortSignal): Promise<string> {
    const known = this.#ready.get(memoryMib);
    if (known !== undefined) return known;
    const making = this.#ensure(memoryMib, signal);
    this.#ready.set(memoryMib, making);
    // The next to ask tries again.
    making.catch(() => this.#ready.delete(memoryMib));
    return making;
  }

  /** A call found that it is gone: nothing that is known of it counts any more. */
  async forget(memoryMib: number): Promise<void> {
    this.#ready.delete(memoryMib);
    const name = await this.nameOf(memoryMib);
    await this.#setup.notes.change(notes => {
      const { [name]: _gone, ...seen } = notes.seen;
      return { ...notes, seen };
    });
  }

  /**
   * Once a day, lets clients of other versions know that a function is in use: they delete what nobody uses. Ends soon, whatever AWS does.
   * @throws MegalithError NO_CREDENTIALS, CLOUD_FAILED, NOT_FOUND
   */
  async mark(memoryMib: number): Promise<void> {
    const { api, world } = this.#setup;
    const today = world.today();
    if (today - (this.#markedAt.get(memoryMib) ?? Number.NEGATIVE_INFINITY) < markEveryMs) return;
    this.#markedAt.set(memoryMib, today);
    const name = await this.nameOf(memoryMib);
    const limits = { deadlineMs: markWithinMs, attemptMs: markWithinMs };
    const { arn, tags } = await controlCall('GetFunction', ending => api.getFunction(name, ending), world, limits);
    if (!isStale(tags, today)) return;
    const marks = { [usedTag]: String(today) };
    await controlCall('TagResource', ending => api.tagFunction(arn, marks, ending), world, limits);
  }

  async #ensure(memoryMib: number, signal: AbortSignal | undefined): Promise<string> {
    const name = await this.nameOf(memoryMib);
    if (await this.#wasSeen(name)) {
      // Whoever saw it has marked it.
      this.#markedAt.set(memoryMib, this.#setup.world.today());
      return name;
    }
    let state = (await this.#look(name, signal)) ?? (await this.#create(name, memoryMib, signal));
    if (state.state === 'Failed') {
      // It would stay as it is for ever.
      await this.#delete(name, signal);
      state = await this.#create(name, memoryMib, signal);
    }
    if (state.state === 'Pending') state = await this.#untilActive(name, signal);
    if (state.state === 'Failed') throw failed(name, state.reason);
    if (!isStale(state.tags, this.#setup.world.today())) this.#markedAt.set(memoryMib, this.#setup.world.today());
    await this.#saw(name);
    return name;
  }

  async #wasSeen(name: string): Promise<boolean> {
    return this.#isRecent((await this.#setup.notes.read()).seen[name]);
  }

  #isRecent(seenAt = Number.NEGATIVE_INFINITY): boolean {
    const age = this.#setup.world.today() - seenAt;
    return age >= 0 && age < seenForMs;
  }

  async #saw(name: string): Promise<void> {
    const at = this.#setup.world.today();
    await this.#setup.notes.change(notes => {
      const recent = Object.entries(notes.seen).filter(([, seenAt]) => at - seenAt < seenForMs);
      return { ...notes, seen: { ...Object.fromEntries(recent), [name]: at } };
    });
  }

  async #look(name: string, signal: AbortSignal | undefined): Promise<FunctionState | undefined> {
    const { api, world } = this.#setup;
    try {
      return await controlCall('GetFunction', ending => api.getFunction(name, ending), world, { signal });
    } catch (error) {
      if (isOf(error, 'missing')) return undefined;
      throw error;
    }
  }

  async #create(name: string, memoryMib: number, signal: AbortSignal | undefined): Promise<FunctionState> {
    const { settings, api, code: load, world } = this.#setup;
    const { owner, arch, runtime, role, tmpMib, timeoutMs } = settings;
    const code = await load();
    const definition = {
      name,
      zip: await code.zip(),
      handler: code.handler,
      runtime,
      role,
      arch,
      memoryMib,
      tmpMib,
      timeoutMs,
      description: `Megalith's tasks, for ${owner}`,
      tags: { [ourTag]: '1', [ownerTag]: owner, [versionTag]: await this.version(), [usedTag]: String(world.today()) },
    };
    try {
      const made = await controlCall('CreateFunction', ending => api.createFunction(definition, ending), world, {
        signal,
        deadlineMs: roleWithinMs,
        repeats: ['throttled', 'notRun', 'unknown', 'roleUnknown'],
      });
      // AWS's answer has none.
      return { ...made, tags: definition.tags };
    } catch (error) {
      // Another client was first, or the request before this one was done after all.
      if (isOf(error, 'conflict')) return { arn: '', state: 'Pending', tags: {} };
      throw error;
    }
  }

  async #untilActive(name: string, signal: AbortSignal | undefined): Promise<FunctionState> {
    const { world } = this.#setup;
    const end = world.now() + activeWithinMs;
    for (let pauseMs = firstLookMs; ; pauseMs = Math.min(mostLookMs, pauseMs * 1.5)) {
      const state = await this.#look(name, signal);
      if (state !== undefined && state.state !== 'Pending') return state;
      if (world.now() >= end) {
        throw new MegalithError(
          'CLOUD_FAILED',
          `the function "${name}" was not ready within ${activeWithinMs / 1000} s`,
          {
            hint: 'try again; see https://health.aws.amazon.com',
            details: { function: name, ...(state?.reason === undefined ? {} : { reason: state.reason }) },
          },
        );
      }
      await world.sleep(pauseMs, signal);
    }
  }

  async #delete(name: string, signal: AbortSignal | undefined): Promise<void> {
    const { api, world } = this.#setup;
    try {
      await controlCall('DeleteFunction', ending => api.deleteFunction(name, ending), world, { signal });
    } catch (error) {
      if (!isOf(error, 'missing')) throw error;
    }
  }
}

/** Whether nobody has marked the function as used for a day. */
function isStale(tags: FunctionState['tags'], today: number): boolean {
  const usedAt = Number(tags[usedTag] ?? Number.NaN);
  return !(today - usedAt < markEveryMs);
}

function isOf(error: unknown, kind: ReturnType<typeof lambdaErrorClass>): boolean {
  return (error as { readonly details?: { readonly class?: unknown } }).details?.class === kind;
}

function failed(name: string, reason = 'AWS gives no reason'): MegalithError {
  return new MegalithError('CLOUD_FAILED', `the function "${name}" could not be made: ${reason}`, {
    hint: 'check `role` and `runtime` in the section `lambda` of the config',
    details: { function: name, reason },
  });
}
