import type { Duplex } from 'node:stream';
import { isMegalithError, type MachineRequest, MegalithError } from '@megalith/agent';
import { askAgent } from '../backend/agent-request.js';
import type { AgentRoute, Machine } from '../machine.js';

export interface AskOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether an agent is started where none runs. @defaultValue true */
  readonly start?: boolean;
}

/** One machine as those who only ask need it: one route at a time, opened when it is first wanted. */
export class MachineWay {
  readonly machine: Machine;
  #route: Promise<AgentRoute> | undefined;
  #isClosed = false;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  get id(): string {
    return this.machine.id;
  }

  get name(): string {
    return this.machine.name;
  }

  /**
   * A new stream to the agent. Unless told otherwise it is started where it does not run: it serves what agents before it left.
   * @throws MegalithError NOT_FOUND where no agent runs and none is to be started
   */
  async open(signal?: AbortSignal, start = true): Promise<Duplex> {
    const reached = this.#reach(signal, start);
    try {
      return await (await reached).open(signal);
    } catch (error) {
      // The way may be there and the agent gone: the next try starts another.
      if (this.#route === reached) this.#route = undefined;
      await ended(reached);
      throw error;
    }
  }

  /** @throws MegalithError as `open`; what the agent refused with; TIMED_OUT after `deadlineMs` */
  async ask<R extends MachineRequest>(
    request: R,
    { deadlineMs, signal, start = true }: AskOptions,
  ): Promise<Awaited<ReturnType<typeof askAgent<R>>>> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(tooSlow(this.name, deadlineMs)), deadlineMs);
    const wanted = AbortSignal.any([deadline.signal, ...(signal === undefined ? [] : [signal])]);
    const given = new Promise<never>((_, reject) => {
      wanted.addEventListener('abort', () => reject(wanted.reason as Error), { once: true });
    });
    try {
      const answer = this.open(wanted, start).then(stream => askAgent(stream, request));
      return await Promise.race([answer, given]);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#route !== undefined) await ended(this.#route);
  }

  #reach(signal: AbortSignal | undefined, start: boolean): Promise<AgentRoute> {
    if (this.#isClosed) throw new MegalithError('CANCELLED', `${this.name} is no longer wanted`);
    if (this.#route !== undefined) return this.#route;
    const route = this.machine.reach({ start, ...(signal === undefined ? {} : { signal }) });
    this.#route = route;
    const forget = (): void => {
      if (this.#route === route) this.#route = undefined;
    };
    route.then(open => open.closed.then(forget), forget);
    return route;
  }
}

/** Nothing is open where the way there failed. */
async function ended(route: Promise<AgentRoute>): Promise<void> {
  await route.then(
    open => open.close(),
    () => undefined,
  );
}

function tooSlow(name: string, ms: number): MegalithError {
  return new MegalithError('TIMED_OUT', `${name} did not answer within ${ms / 1000} s`);
}

/** Why a machine could not be asked. */
export interface Unreachable {
  readonly machine: string;
  readonly error: MegalithError;
}

/** @throws what is no failure of a machine */
export function unreachable(machine: string, error: unknown): Unreachable {
  if (!isMegalithError(error) || error.code === 'CANCELLED') throw error;
  return { machine, error };
}
