import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskEvent } from '@megalith/agent';
import {
  type BackendJob,
  cheapest,
  type JobRun,
  LastingConnection,
  type TaskInput,
  type TaskSource,
  unknownProfile,
} from '@megalith/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { within } from '../../conformance/eventually.js';
import { AgentProcess } from './agent-process.js';
import { type Cut, cutStream } from './cut-stream.js';
import { expectToldOnce, type Planned } from './told.js';

let home: string;
let agent: AgentProcess;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-wire-'));
  agent = new AgentProcess(home);
});

afterAll(async () => {
  await agent.kill();
  rmSync(home, { recursive: true, force: true });
});

/** What happens to the client once it has had so many events. */
interface Mishap {
  readonly deed: 'kill host' | 'replace client' | 'cut';
  readonly afterEvents: number;
}

interface Story {
  readonly tasks: readonly { readonly bytes: number; readonly failures: number; readonly endless: boolean }[];
  readonly cuts: readonly Cut[];
  readonly mishaps: readonly Mishap[];
  readonly secondClient: boolean;
  readonly isCancelledEarly: boolean;
}

const cut: fc.Arbitrary<Cut> = fc.record({
  direction: fc.constantFrom('there', 'back'),
  afterBytes: fc.oneof(fc.nat(900), fc.nat(5_000), fc.nat(150_000)),
});

const story: fc.Arbitrary<Story> = fc.record({
  tasks: fc.array(
    fc.record({
      bytes: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.nat(300) }, fc.nat(200_000)),
      failures: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(2)),
      endless: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
    }),
    { minLength: 1, maxLength: 40 },
  ),
  cuts: fc.array(cut, { maxLength: 4 }),
  mishaps: fc.array(
    fc.record({ deed: fc.constantFrom('kill host', 'replace client', 'cut'), afterEvents: fc.nat(60) }),
    { maxLength: 2 },
  ),
  secondClient: fc.boolean(),
  isCancelledEarly: fc.boolean(),
});

/** A script that writes `bytes` bytes, fails so often, and then goes well or never ends. */
function planned({ bytes, failures, endless }: Story['tasks'][number], folder: string): Planned {
  const fail = `n=$(cat ${folder}-$MEGALITH_TASK_INDEX 2>/dev/null || echo 0); echo $((n+1)) > ${folder}-$MEGALITH_TASK_INDEX; [ $n -ge ${failures} ] || exit 1`;
  const write = `head -c ${bytes} /dev/zero | tr '\\0' x`;
  const script = [
    ...(bytes > 0 ? [write] : []),
    ...(failures > 0 ? [fail] : []),
    ...(endless ? ['exec sleep 600'] : []),
  ];
  return { script: script.join('; ') || ':', output: 'x'.repeat(bytes), failures, endless };
}

function source(plan: readonly Planned[]): TaskSource {
  let given = 0;
  return {
    take(max): TaskInput[] {
      const taken = plan.slice(given, given + max).map(({ script }, position) => ({
        index: given + position,
        attempt: 1,
        item: script,
      }));
      given += taken.length;
      return taken;
    },
    ready: () => Promise.resolve(),
    get ended() {
      return given === plan.length;
    },
    taskCount: plan.length,
  };
}

function jobOf(id: string, plan: readonly Planned[]): BackendJob {
  return {
    id,
    name: 'wire',
    requirements: { cpus: 0.25, graceMs: 1000 },
    tags: [],
    label: 'internal',
    goal: cheapest,
    profile: unknownProfile,
    work: { kind: 'command', argv: ['sh', '-c', '{}'], stdin: 'ignore' },
    shared: [],
    env: {},
    tasks: source(plan),
    retry: { retries: 5, backoffMs: 20, factor: 1, maxBackoffMs: 20 },
  };
}

/** One client after another, until one has read the job to its end. */
class Client {
  readonly #id: string;
  readonly #plan: readonly Planned[];
  readonly #cuts: Cut[];
  readonly #isCancelledEarly: boolean;
  #connection: LastingConnection | undefined;
  #stream: ReturnType<typeof cutStream> | undefined;
  kills = 0;

  constructor(id: string, plan: readonly Planned[], { cuts, isCancelledEarly }: Story) {
    this.#id = id;
    this.#plan = plan;
    this.#cuts = [...cuts];
    this.#isCancelledEarly = isCancelledEarly;
  }

  async read(mishaps: readonly Mishap[]): Promise<TaskEvent[]> {
    let left = [...mishaps].sort((a, b) => a.afterEvents - b.afterEvents);
    for (;;) {
      const run = this.#begin();
      const events: TaskEvent[] = [];
      let isReplaced = false;
      for await (const batch of run.events) {
        events.push(...batch);
        const due = left.filter(mishap => mishap.afterEvents < events.length);
        left = left.slice(due.length);
        for (const { deed } of due) {
          if (deed === 'kill host') {
            this.kills++;
            await agent.kill();
          } else if (deed === 'cut') this.#stream?.destroy();
          else isReplaced = true;
        }
        if (isReplaced) break;
      }
      this.#connection?.close();
      if (!isReplaced) return events;
    }
  }

  #begin(): JobRun {
    const connection = new LastingConnection({
      name: 'the machine',
      random: () => 0,
      open: async () => {
        this.#stream = cutStream(await agent.open(), this.#cuts.shift());
        return this.#stream;
      },
    });
    this.#connection = connection;
    const run = connection.run(jobOf(this.#id, this.#plan), { hostRetries: true, folder: '' });
    const endless = [...this.#plan.keys()].filter(index => this.#plan[index]?.endless);
    const cancel = (): void => run.cancel('the test says so', endless);
    if (endless.length > 0 && this.#isCancelledEarly) cancel();
    else if (endless.length > 0) setTimeout(cancel, 50);
    return run;
  }

  close(): void {
    this.#connection?.close();
  }
}

async function live(one: Story): Promise<void> {
  const id = `wire-${randomUUID().slice(0, 8)}`;
  const plan = one.tasks.map(task => planned(task, join(home, id)));
  const clients = [new Client(id, plan, one)];
  if (one.secondClient) clients.push(new Client(id, plan, { ...one, cuts: [...one.cuts].reverse() }));
  try {
    const told = await within(
      30_000,
      'the job',
      Promise.all(clients.map((client, position) => client.read(position === 0 ? one.mishaps : []))),
    );
    for (const events of told) expectToldOnce(events, plan, clients[0]?.kills ?? 0);
  } finally {
    for (const client of clients) client.close();
  }
}

test('whatever is cut, killed or replaced, each attempt has one last event and all its output before it', async () => {
  // A story that fails is not told again and again: each takes a job.
  await fc.assert(fc.asyncProperty(story, live), { numRuns: 40, endOnFailure: true });
}, 180_000);

test('a host that tries tasks again stops the job at the first one that fails for good, and not before', async () => {
  const quiet = planned({ bytes: 0, failures: 0, endless: true }, home);
  const plan = [{ ...quiet, script: 'exit 3' }, quiet, quiet];
  const connection = new LastingConnection({ name: 'the machine', open: () => agent.open() });
  try {
    const job = { ...jobOf(`stop-${randomUUID().slice(0, 8)}`, plan), stopsOnFailure: true };
    const retry = { retries: 1, backoffMs: 0, factor: 1, maxBackoffMs: 0 };
    const run = connection.run({ ...job, retry }, { hostRetries: true, folder: '' });
    const lasts: string[] = [];
    for await (const events of run.events) {
      for (const event of events) {
        if (event.type === 'failed') lasts.push(`${event.index}/${event.attempt} ${event.failure.code}`);
        else if (event.type === 'done') lasts.push(`${event.index}/${event.attempt} done`);
      }
    }
    expect(lasts.slice(0, 2)).toEqual(['0/1 EXITED', '0/2 EXITED']);
    expect(lasts.slice(2).sort()).toEqual(['1/1 CANCELLED', '2/1 CANCELLED']);
  } finally {
    connection.close();
  }
}, 30_000);
