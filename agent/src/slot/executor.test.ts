import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import type { DataPart } from '../data/data-part.js';
import { unlessMissingSync } from '../files/unless-missing.js';
import { ByteWriter } from '../protocol/byte-writer.js';
import { readRecords } from '../protocol/records.js';
import { appendTask, beginTasks } from '../protocol/tasks.js';
import { openTickets, revokeTickets } from './claims.js';
import { Executor } from './executor.js';
import { readFromRing } from './ring.js';
import { SlotMemory, word } from './slot-memory.js';
import type { FromExecutor } from './slot-messages.js';

const folder = mkdtempSync(join(tmpdir(), 'executor-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An executor on this thread, with this test as its control side. */
class Bench extends EventEmitter {
  readonly memory = new SlotMemory();
  readonly events: ReturnType<typeof readRecords> = [];
  #ticket = 0;

  constructor(onBegin: () => void = () => undefined) {
    super();
    const port = Object.assign(new EventEmitter(), { postMessage: (message: FromExecutor) => this.#receive(message) });
    this.send = message => void port.emit('message', message);
    const meter = { begin: onBegin, end: () => ({}) };
    const executor = new Executor({
      slot: 1,
      memory: this.memory,
      port: port as unknown as MessagePort,
      meter,
      canChangeFolder: false,
    });
    const { stdout, stderr } = process;
    const write = [stdout.write, stderr.write] as const;
    executor.start();
    [stdout.write, stderr.write] = write;
  }

  readonly send: (message: unknown) => void;

  load(text: string): Promise<unknown> {
    const file = join(folder, `${Math.random().toString(36).slice(2)}.mjs`);
    writeFileSync(file, text);
    const loaded = once(this, 'loaded');
    this.send({ type: 'load', load: { job: 1, file, captured: new Uint8Array(), env: {}, cwd: folder } });
    return loaded;
  }

  tasks(items: readonly unknown[]): void {
    const out = new ByteWriter();
    beginTasks(out, 1);
    items.forEach((item, index) => {
      appendTask(out, index, 1, item);
    });
    openTickets(this.memory.words, this.#ticket);
    this.send({ type: 'tasks', ticket: this.#ticket, bytes: out.take() });
    this.#ticket += items.length;
  }

  #receive(message: FromExecutor): void {
    if (message.type === 'loaded') Atomics.store(this.memory.words, word.loadedTold, 1);
    if (message.type === 'ping') {
      Atomics.store(this.memory.words, word.pinged, 0);
      const records = readFromRing(this.memory);
      if (records !== undefined) this.events.push(...readRecords(records));
      this.emit('records');
    }
    this.emit(message.type);
  }

  async settled(count: number): Promise<void> {
    while (this.events.filter(event => event.type === 'done' || event.type === 'failed').length < count) {
      await once(this, 'records');
    }
  }
}

describe('an executor', () => {
  it('shows when a task began before it shows that it did: no older time may count against its limit', async () => {
    const shown: number[] = [];
    const bench = new Bench(() => shown.push(bench.memory.startedAt));
    await bench.load('export default () => x => x + 1;');
    const before = Date.now();
    bench.tasks([1, 2]);
    await bench.settled(2);
    expect(bench.events.map(event => event.type === 'done' && event.value)).toEqual([2, 3]);
    for (const at of shown) expect(at).toBeGreaterThanOrEqual(before - 1);
  });

  it('runs tasks that came before their module was there', async () => {
    const bench = new Bench();
    const loaded = bench.load('await new Promise(setImmediate); export default () => x => x * 2;');
    bench.tasks([4]);
    await loaded;
    await bench.settled(1);
    expect(bench.events[0]).toMatchObject({ type: 'done', value: 8 });
  });

  it('begins nothing whose ticket was revoked, even in the middle of a batch', async () => {
    const bench = new Bench(() => {
      if (++begun === 2) revokeTickets(bench.memory.words);
    });
    let begun = 0;
    await bench.load('export default () => x => x;');
    bench.tasks([0, 1, 2, 3]);
    await bench.settled(2);
    expect(begun).toBe(2);
    bench.tasks([4]);
    await bench.settled(3);
    expect(bench.events.map(event => event.type === 'done' && event.value)).toEqual([0, 1, 4]);
  });

  it('goes on after a module that does not load', async () => {
    const bench = new Bench();
    const failed = once(bench, 'loadFailed');
    bench.load('throw new Error("no licence");').catch(() => undefined);
    bench.tasks([1]);
    await failed;
    await bench.load('export default () => x => -x;');
    bench.tasks([2]);
    await bench.settled(1);
    expect(bench.events[0]).toMatchObject({ type: 'done', value: -2 });
  });

  it('closes what a task opened and left open, with the task', async () => {
    const bench = new Bench();
    const file = join(folder, 'left-open.txt');
    writeFileSync(file, 'line\n'.repeat(1_000_000));
    const part: DataPart = {
      megalith: 'part',
      from: { file },
      name: file,
      start: 0,
      end: 5_000_000,
      part: 0,
      format: { type: 'lines' },
    };
    await bench.load(`
      export default () => async (part, context) => {
        const left = context.open(part).lineChunks()[Symbol.asyncIterator]();
        return (await left.next()).value[0];
      };
    `);
    bench.tasks([part]);
    await bench.settled(1);
    expect(bench.events[0]).toMatchObject({ type: 'done', value: 'line' });
    const isOpen = () =>
      readdirSync('/proc/self/fd').some(fd => unlessMissingSync(() => readlinkSync(`/proc/self/fd/${fd}`)) === file);
    await expect.poll(isOpen, { timeout: 10_000 }).toBe(false);
  });
});
