import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MegalithError } from '../errors.js';
import type { EntryKind } from './entry-codec.js';
import { type JournalDamage, JournalReader } from './journal-reader.js';
import { JournalWriter } from './journal-writer.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-journal-'));
  path = join(folder, 'journal');
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Plain {
  readonly kind: EntryKind;
  readonly text: string;
}

const failOnError = { onError: (error: MegalithError) => expect.unreachable(error.message) };
const plainEntry = fc.record({ kind: fc.constantFrom<EntryKind[]>('records', 'control'), text: fc.string() });

async function write(entries: readonly Plain[]): Promise<void> {
  rmSync(path, { force: true });
  const writer = JournalWriter.open(path, failOnError);
  for (const { kind, text } of entries) {
    const bytes = Buffer.from(text);
    const middle = bytes.byteLength >> 1;
    writer.append(kind, [bytes.subarray(0, middle), bytes.subarray(middle)]);
  }
  await writer.close();
}

async function read(): Promise<{ entries: Plain[]; ends: number[]; damage: JournalDamage | undefined }> {
  const reader = new JournalReader(path);
  const entries: Plain[] = [];
  const ends: number[] = [];
  for await (const { kind, payload, end } of reader) {
    entries.push({ kind, text: payload.toString() });
    ends.push(end);
  }
  return { entries, ends, damage: reader.damage };
}

describe('a journal', () => {
  it('gives back what was written, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plainEntry), async written => {
        await write(written);
        expect(await read()).toMatchObject({ entries: written, damage: undefined });
      }),
      { numRuns: 50 },
    );
  });

  it('gives the whole entries before any cut, and tells where the torn one starts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(plainEntry, { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (written, share) => {
          await write(written);
          const { ends } = await read();
          const cut = Math.floor(share * statSync(path).size);
          truncateSync(path, cut);
          const whole = ends.filter(end => end <= cut);
          const lastEnd = whole.at(-1) ?? 0;
          const damage = lastEnd === cut ? undefined : { offset: lastEnd, reason: 'torn' };
          expect(await read()).toEqual({ entries: written.slice(0, whole.length), ends: whole, damage });
        },
      ),
      { numRuns: 100 },
    );
  });

  it('never gives an entry at or after a changed byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(plainEntry, { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        fc.integer({ min: 1, max: 255 }),
        async (written, share, change) => {
          await write(written);
          const { ends } = await read();
          const bytes = readFileSync(path);
          const position = Math.floor(share * bytes.byteLength);
          bytes[position] = bytes[position]! ^ change;
          writeFileSync(path, bytes);
          const intact = ends.filter(end => end <= position);
          const after = await read();
          expect(after.entries).toEqual(written.slice(0, intact.length));
          expect(after.damage?.offset).toBe(intact.at(-1) ?? 0);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('reads entries larger than one read of the file', async () => {
    const written = [3, 2_500_000, 10, 1_048_576].map(
      (length): Plain => ({ kind: 'records', text: 'x'.repeat(length) }),
    );
    await write(written);
    expect((await read()).entries.map(entry => entry.text.length)).toEqual([3, 2_500_000, 10, 1_048_576]);
  });

  it('starts at the end of an entry read before', async () => {
    await write([
      { kind: 'control', text: 'a' },
      { kind: 'control', text: 'b' },
    ]);
    const from = (await read()).ends[0]!;
    const rest: string[] = [];
    for await (const entry of new JournalReader(path, { from })) rest.push(entry.payload.toString());
    expect(rest).toEqual(['b']);
  });
});

describe('a resumed journal', () => {
  it('cuts off the entry that its writer left half-written', async () => {
    await write([{ kind: 'control', text: 'whole' }]);
    appendFileSync(path, Buffer.from([200, 0, 0, 0, 2, 1, 2, 3]));
    const writer = await JournalWriter.resume(path, failOnError);
    writer.append('control', [Buffer.from('next')]);
    await writer.close();
    const { entries, damage } = await read();
    expect(entries.map(entry => entry.text)).toEqual(['whole', 'next']);
    expect(damage).toBeUndefined();
  });

  it('is refused where the journal is damaged, and left as it was', async () => {
    await write([{ kind: 'control', text: 'whole' }]);
    const bytes = readFileSync(path);
    bytes[6]! ^= 1;
    writeFileSync(path, bytes);
    await expect(JournalWriter.resume(path, failOnError)).rejects.toMatchObject({
      code: 'JOURNAL_FAILED',
      exitCode: 6,
    });
    expect(readFileSync(path)).toEqual(bytes);
  });
});

describe('following a journal', () => {
  it('gives entries as they are written, whole ones only, until its writer is gone', async () => {
    const writer = JournalWriter.open(path, failOnError);
    let isWriterGone = false;
    const reader = new JournalReader(path, { follow: () => !isWriterGone })[Symbol.asyncIterator]();
    const next = async () => (await reader.next()).value?.payload.toString();
    for (const text of ['a', 'b', 'c'.repeat(3_000_000)]) {
      writer.append('records', [Buffer.from(text)]);
      expect(await next()).toBe(text);
    }
    writer.append('records', [Buffer.from('last')]);
    await writer.close();
    appendFileSync(path, Buffer.from([9, 0, 0, 0, 1, 1]));
    isWriterGone = true;
    expect(await next()).toBe('last');
    expect(await next()).toBeUndefined();
  });

  it('ends with the reason of its signal', async () => {
    await write([]);
    const controller = new AbortController();
    const reading = new JournalReader(path, { follow: () => true, signal: controller.signal })
      [Symbol.asyncIterator]()
      .next();
    controller.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });
});

describe('a journal writer', () => {
  it('counts what waits, and settles `drained` once that is under the limit', async () => {
    const writer = JournalWriter.open(path, { ...failOnError, pendingLimitBytes: 1000 });
    for (let count = 0; count < 50; count++) writer.append('records', [Buffer.alloc(91)]);
    expect(writer.pending).toBe(5000);
    await writer.drained();
    expect(writer.pending).toBeLessThanOrEqual(1000);
    await writer.flush();
    expect(statSync(path).size).toBe(5000);
    await writer.close();
  });

  it('makes files that only their owner reads', async () => {
    await write([]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  // /dev/full fails every write with ENOSPC.
  it.runIf(process.platform === 'linux')('reports a full disk once, and holds nobody up', async () => {
    const errors: MegalithError[] = [];
    const writer = await JournalWriter.resume('/dev/full', {
      onError: error => errors.push(error),
      pendingLimitBytes: 10,
    });
    writer.append('records', [Buffer.alloc(100)]);
    await writer.drained();
    writer.append('records', [Buffer.alloc(100)]);
    expect(writer.pending).toBe(0);
    await expect(writer.flush()).rejects.toMatchObject({ code: 'DISK_FULL', exitCode: 6 });
    await expect(writer.close()).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(errors.map(error => error.message)).toEqual(['no space left to write "/dev/full"']);
  });
});
