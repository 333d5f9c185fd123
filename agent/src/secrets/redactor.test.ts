import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../protocol/byte-writer.js';
import type { AttemptStats, Failure, TaskEvent } from '../protocol/messages.js';
import { RecordCursor, readRecords, writeDone, writeFailed, writeLog, writeProgress } from '../protocol/records.js';
import { createRedactor } from './redactor.js';
import { secretForms } from './secret-forms.js';

const stats: AttemptStats = {
  workerStartedAt: 1,
  startedAt: 2,
  endedAt: 3,
  inputMs: 0,
  outputMs: 0,
  coldStart: false,
  bytesIn: 0,
  bytesOut: 0,
  slot: 0,
};
const task = { job: 4, index: 7, attempt: 2 };

function written(write: (out: ByteWriter) => void): Buffer {
  const out = new ByteWriter();
  write(out);
  return out.take();
}

/** What the redactor should make of a whole text: of the forms that begin first, the longest. */
function replaced(text: string, secrets: Record<string, string>): string {
  const forms = secretForms(secrets);
  if (forms.length === 0) return text;
  const escaped = forms.map(form => form.text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  const names = new Map(forms.map(form => [form.text, form.name]));
  return text.replace(new RegExp(escaped.join('|'), 'g'), found => `[secret ${names.get(found)}]`);
}

/** The text of one stream, after a check that its offsets join. */
function joined(events: readonly TaskEvent[], stream: 'stdout' | 'stderr', index = task.index): string {
  const pieces: Uint8Array[] = [];
  let next = 0;
  for (const event of events) {
    if (event.type !== 'log' || event.stream !== stream || event.index !== index) continue;
    expect(event.offset).toBe(next);
    next += event.bytes.length;
    pieces.push(event.bytes);
  }
  return Buffer.concat(pieces).toString();
}

// Few letters, so that secrets overlap, begin alike and stand in each other; neither marker nor name can be made of them.
const letters = fc.constantFrom('x', 'y', 'ü', '"', '\n', '/', '+');
const secret = fc.string({ unit: letters, minLength: 4, maxLength: 9 });
const secrets = fc.record({ A: secret, B: secret, C: secret }, { requiredKeys: ['A'], noNullPrototype: true });
const texts = secrets.chain(known => {
  const forms = secretForms(known).map(form => form.text);
  const word = fc.oneof(fc.constantFrom(...forms), fc.string({ unit: letters, maxLength: 6 }));
  const part = fc.oneof(
    word,
    fc.tuple(word, fc.nat(12)).map(([text, end]) => text.slice(0, end)),
  );
  const text = fc.array(part, { maxLength: 12 }).map(parts => parts.join(''));
  return fc.record({ known: fc.constant(known), stdout: text, stderr: text });
});
const cuts = fc.array(fc.nat(20), { minLength: 1, maxLength: 6 });

function* pieces(bytes: Buffer, sizes: readonly number[]): Generator<{ offset: number; bytes: Buffer }> {
  if (sizes.every(size => size === 0)) return yield { offset: 0, bytes };
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield { offset: at, bytes: bytes.subarray(at, at + size) };
    at += size;
  }
}

describe('a redactor', () => {
  it('hides secrets wherever the output is split, and nothing else', () => {
    fc.assert(
      fc.property(texts, cuts, fc.boolean(), fc.boolean(), ({ known, stdout, stderr }, sizes, isOneBuffer, fails) => {
        const records: Buffer[] = [];
        const out = [...pieces(Buffer.from(stdout), sizes)];
        const err = [...pieces(Buffer.from(stderr), sizes)];
        const progress = written(w => writeProgress(w, task, { known }));
        for (let turn = 0; turn < Math.max(out.length, err.length); turn++) {
          const [o, e] = [out[turn], err[turn]];
          if (o !== undefined) records.push(written(w => writeLog(w, task, 'stdout', o.offset, o.bytes)));
          if (e !== undefined) records.push(written(w => writeLog(w, task, 'stderr', e.offset, e.bytes)));
          records.push(progress);
        }
        const last = written(w =>
          fails ? writeFailed(w, task, { code: 'THREW', message: 'no' }) : void writeDone(w, task, stats, known),
        );
        records.push(last);
        const redactor = createRedactor(known);
        const result = isOneBuffer
          ? redactor.redact(Buffer.concat(records))
          : Buffer.concat(records.map(each => redactor.redact(each)));
        const events = readRecords(result);
        for (const [stream, before] of [['stdout', stdout] as const, ['stderr', stderr] as const]) {
          const after = joined(events, stream);
          expect(after).toBe(replaced(before, known));
          for (const { text } of secretForms(known)) expect(after).not.toContain(text);
        }
        const cursor = new RecordCursor(result);
        const kept: Buffer[] = [];
        while (cursor.advance()) if (cursor.kind !== 2) kept.push(cursor.bytes);
        expect(Buffer.concat(kept).equals(Buffer.concat(records.filter(each => each[4] !== 2)))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives back the very buffer where there is nothing to hide', () => {
    const records = written(w => {
      writeLog(w, task, 'stdout', 0, Buffer.from('all is well: 123\n'));
      writeFailed(w, task, { code: 'THREW', message: 'no', stderrTail: 'nothing', details: { n: [1] } }, stats);
      writeDone(w, { ...task, index: 8 }, stats, 'correct horse');
    });
    const redactor = createRedactor({ TOKEN: 'correct horse', PIN: '123' });
    expect(redactor.redact(records)).toBe(records);
    expect(createRedactor({}).redact(records)).toBe(records);
  });

  it('tells apart the streams of tasks and attempts', () => {
    const redactor = createRedactor({ TOKEN: 'correct horse' });
    const half = (index: number, attempt: number, text: string, offset: number): Buffer =>
      written(w => writeLog(w, { job: 1, index, attempt }, 'stdout', offset, Buffer.from(text)));
    const records = [
      half(1, 1, 'correct ', 0),
      half(2, 1, 'horse', 0),
      half(1, 2, 'horse', 0),
      half(1, 1, 'horse!', 8),
    ];
    const events = readRecords(redactor.redact(Buffer.concat(records)));
    expect(events.map(event => event.type === 'log' && `${event.index}/${event.attempt} ${event.bytes}`)).toEqual([
      '2/1 horse',
      '1/2 horse',
      '1/1 [secret TOKEN]!',
    ]);
  });

  it('hides secrets in every text of a failure, and keeps all else of it', () => {
    const token = 'p4ss "wörd"/1';
    const cause = new RangeError(`not ${token}`);
    const failure: Failure = {
      code: 'THREW',
      message: `bad ${token}`,
      hint: `not ${encodeURIComponent(token)}`,
      stderrTail: `wörd"/1 then ${JSON.stringify(token)}`,
      exitCode: 3,
      details: {
        [token]: [new Map([['k', new Set([token])]])],
        when: new Date(5),
        bytes: Buffer.from(`>${token}<`),
        cause,
      },
      thrown: {
        error: { name: 'Error', message: token, stack: `Error: ${token}\n at x`, own: { code: 'E', env: { token } } },
      },
    };
    const record = written(w => writeFailed(w, task, failure, stats));
    const before = new RecordCursor(record);
    before.advance();
    before.setRetrying();
    before.setLogged();
    const result = createRedactor({ TOKEN: token }).redact(record);
    for (const { bytes, text } of secretForms({ TOKEN: token })) {
      expect(result.includes(bytes)).toBe(false);
      expect(result.includes(Buffer.from(text, 'utf16le'))).toBe(false);
      expect(result.includes(Buffer.from(text, 'latin1'))).toBe(false);
    }
    const after = new RecordCursor(result);
    after.advance();
    expect([after.retrying, after.logged, after.job, after.index, after.attempt]).toEqual([true, true, 4, 7, 2]);
    const event = after.event() as Extract<TaskEvent, { type: 'failed' }>;
    expect(event.stats).toEqual(stats);
    expect(event.failure).toMatchObject({
      code: 'THREW',
      message: 'bad [secret TOKEN]',
      hint: 'not [secret TOKEN]',
      stderrTail: '[secret TOKEN] then "[secret TOKEN]"',
      exitCode: 3,
      thrown: { error: { message: '[secret TOKEN]', own: { code: 'E', env: { token: '[secret TOKEN]' } } } },
    });
    const details = event.failure.details!;
    expect(details['[secret TOKEN]']).toEqual([new Map([['k', new Set(['[secret TOKEN]'])]])]);
    expect(details.when).toEqual(new Date(5));
    expect(`${details.bytes}`).toBe('>[secret TOKEN]<');
    expect(details.cause).toBeInstanceOf(RangeError);
    expect((details.cause as Error).message).toBe('not [secret TOKEN]');
  });

  it('knows the forms that programs write', () => {
    const token = 'ключ? a&b';
    const forms = [
      token,
      Buffer.from(token).toString('base64'),
      Buffer.from(token).toString('base64url'),
      Buffer.from(`${token}\n`).toString('base64'),
      encodeURIComponent(token),
      encodeURIComponent(token).replace(/%../g, hex => hex.toLowerCase()),
      new URLSearchParams({ t: token }).toString().slice(2),
      JSON.stringify(token).slice(1, -1),
      '\\u043a\\u043b\\u044e\\u0447? a&b',
    ];
    for (const form of forms) {
      const records = written(w => {
        writeLog(w, task, 'stdout', 0, Buffer.from(`<${form}>`));
        writeDone(w, task, stats, 0);
      });
      expect(joined(readRecords(createRedactor({ K: token }).redact(records)), 'stdout')).toBe('<[secret K]>');
    }
  });

  it('never gives a secret away by its marker', () => {
    const records = written(w => writeLog(w, task, 'stdout', 0, Buffer.from('my secret TOKEN')));
    const shown = (known: Record<string, string>): string =>
      joined(readRecords(createRedactor(known).redact(records)), 'stdout');
    expect(shown({ TOKEN: 'secret' })).toBe('my [hidden] TOKEN');
    expect(shown({ A: 'secret', TOKEN: '[hidden]', B: '****' })).toBe('my *** TOKEN');
  });
});
