import { FunctionExecutor } from '../function-executor.js';
import type { CommandOptions, CommandResult, Job, JobEvent } from '../types.js';
import { createFakeBackend, type FakeBackend, type FakeTask } from './fake-backend.js';

export interface TestBench {
  readonly backend: FakeBackend;
  readonly executor: FunctionExecutor;
  /** A job of as many tasks as items, which do what the script says. */
  map(items: Iterable<unknown> | AsyncIterable<unknown>, options?: CommandOptions): Job<CommandResult>;
}

/** An executor whose tasks do what the script says, whatever they were meant to run. */
export function executorOf(
  script: FakeTask,
  options: { readonly slots?: number; readonly onEvent?: (event: JobEvent) => void } = {},
): TestBench {
  const { slots, onEvent } = options;
  const backend = createFakeBackend(script, slots === undefined ? {} : { slots });
  const executor = new FunctionExecutor({ backend, ...(onEvent === undefined ? {} : { onEvent }) });
  return { backend, executor, map: (items, more = {}) => executor.command('x', items, more) };
}

export const double: FakeTask = ({ item }) => (item as number) * 2;

/** A task that never ends by itself. */
export const forever: FakeTask = () => new Promise(() => undefined);

export function* count(n: number): Generator<number> {
  for (let i = 0; i < n; i++) yield i;
}
