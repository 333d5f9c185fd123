import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Audit, openAudit } from './open-audit.js';
import { readAudit } from './read-audit.js';
import { labelEntry } from './testing/entries.js';
import { verifyAudit } from './verify-audit.js';

let home: string;
let folder: string;
let log: string;
let audit: Audit;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-audit-'));
  folder = join(home, 'audit');
  log = join(folder, 'log.ndjson');
  audit = openAudit(home, { now: () => 0, who: 'ann@lab' });
});
afterEach(async () => {
  await audit.close();
  rmSync(home, { recursive: true });
});

const reopen = async () => {
  await audit.close();
  audit = openAudit(home);
};

describe('the audit log', () => {
  it('is made with the first entry, for its owner only', async () => {
    expect(existsSync(folder)).toBe(false);
    const { seq, hash } = await audit.append(labelEntry(1));
    expect(seq).toBe(1);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of ['log.ndjson', 'head']) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    const [record] = await readAudit(home);
    expect(record).toEqual({
      seq: 1,
      at: '1970-01-01T00:00:00.000Z',
      kind: 'label',
      who: 'ann@lab',
      from: 'job "simulate"',
      label: 'restricted',
      paths: ['/out/1'],
      prev: '0'.repeat(64),
      hash,
    });
  });

  it('has a hash that anybody can compute: of the line without its hash', async () => {
    const { hash } = await audit.append(labelEntry(1));
    const { createHash } = await import('node:crypto');
    const body = readFileSync(log, 'utf8').replace(/,"hash":"[0-9a-f]{64}"\}\n$/, '}');
    expect(createHash('sha256').update(body).digest('hex')).toBe(hash);
    expect(body).toBe(JSON.stringify(JSON.parse(body)));
  });

  it('writes the entries of one turn together, in their order', async () => {
    const ends = await Promise.all(Array.from({ length: 100 }, (_, i) => audit.append(labelEntry(i))));
    expect(ends.map(end => end.seq)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    // The lock was taken once.
    expect(readdirSync(join(folder, 'claims')).sort()).toEqual(['1', '2']);
    expect(await verifyAudit(home)).toMatchObject({ ok: true, entries: 100, head: ends[99]!.hash });
  });

  it('takes entries of several openings in turns', async () => {
    const others = [openAudit(home), openAudit(home), openAudit(home)];
    await Promise.all(
      others.map(async other => {
        for (let i = 0; i < 20; i++) await other.append(labelEntry(i));
        await other.close();
      }),
    );
    expect(await verifyAudit(home)).toMatchObject({ ok: true, entries: 60 });
  });

  it('goes on in the next file when one is full, and the chain with it', async () => {
    audit = openAudit(home, { segmentBytes: 1000 });
    for (let i = 0; i < 20; i++) await audit.append(labelEntry(i));
    expect(readdirSync(folder).filter(name => name.startsWith('log.')).length).toBeGreaterThan(3);
    expect(await verifyAudit(home)).toMatchObject({ ok: true, entries: 20 });
    expect((await readAudit(home)).map(record => record.seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it('goes on where a writer died between closing a file and saying so', async () => {
    await audit.append(labelEntry(1));
    const head = readFileSync(join(folder, 'head'));
    await reopen();
    audit = openAudit(home, { segmentBytes: 1 });
    await audit.append(labelEntry(2));
    rmSync(log);
    writeFileSync(join(folder, 'head'), head);
    await reopen();
    await audit.append(labelEntry(2));
    expect(await verifyAudit(home)).toMatchObject({ ok: true, entries: 2 });
  });
});

describe('a writer that died', () => {
  it('in the middle of a line leaves it aside, and the log says so', async () => {
    await audit.append(labelEntry(1));
    appendFileSync(log, '{"seq":2,"at":"19');
    expect(await verifyAudit(home)).toMatchObject({ ok: true, entries: 1, unfinishedBytes: 17 });
    const { seq } = await audit.append(labelEntry(2));
    expect(seq).toBe(3);
    expect(await verifyAudit(home)).toMatchObject({ ok: true, entries: 3 });
    const torn = (await readAudit(home))[1]!;
    expect(torn).toMatchObject({ kind: 'torn', bytes: 17 });
    expect(readFileSync(join(folder, (torn as { file: string }).file), 'utf8')).toBe('{"seq":2,"at":"19');
  });

  it('before it wrote the head loses no whole line', async () => {
    await audit.append(labelEntry(1));
    const head = readFileSync(join(folder, 'head'));
    await audit.append(labelEntry(2));
    appendFileSync(log, '{"seq":3');
    writeFileSync(join(folder, 'head'), head);
    expect((await audit.append(labelEntry(3))).seq).toBe(4);
    expect((await readAudit(home)).map(({ kind }) => kind)).toEqual(['label', 'label', 'torn', 'label']);
    expect((await verifyAudit(home)).ok).toBe(true);
  });

  it('with the lock in its hands does not hold up the next', async () => {
    mkdirSync(join(folder, 'claims'), { recursive: true });
    const dead = { host: hostname(), process: { pid: 2 ** 22 + 1, startTicks: 1 } };
    symlinkSync(JSON.stringify(dead), join(folder, 'claims', '41'));
    expect((await audit.append(labelEntry(1))).seq).toBe(1);
  });
});

describe('an entry that cannot be written', () => {
  const refused = { code: 'JOURNAL_FAILED', exitCode: 6 };

  it.each([
    ['the log is shorter than its head', () => truncateSync(log, 100)],
    ['a line behind the head is none of the chain', () => appendFileSync(log, '{}\n')],
    ['the head is missing', () => rmSync(join(folder, 'head'))],
    ['the head is damaged', () => writeFileSync(join(folder, 'head'), '{}')],
    ['the log is missing', () => rmSync(log)],
  ])('is refused where %s', async (_, damage) => {
    await audit.append(labelEntry(1));
    damage();
    await expect(audit.append(labelEntry(2))).rejects.toMatchObject({
      ...refused,
      hint: expect.stringContaining('megalith audit verify'),
    });
  });

  it('is refused where the system does not let us', async () => {
    writeFileSync(folder, 'a file');
    await expect(audit.append(labelEntry(1))).rejects.toMatchObject(refused);
    rmSync(folder);
    mkdirSync(log, { recursive: true });
    await expect(audit.append(labelEntry(1))).rejects.toMatchObject(refused);
    rmSync(folder, { recursive: true });
    // And the next is taken again.
    expect((await audit.append(labelEntry(1))).seq).toBe(1);
  });

  it('is refused while another process has the log and does not let go', async () => {
    mkdirSync(join(folder, 'claims'), { recursive: true });
    symlinkSync(JSON.stringify({ host: 'elsewhere' }), join(folder, 'claims', '1'));
    const hasty = openAudit(home, { patienceMs: 20 });
    await expect(hasty.append(labelEntry(1))).rejects.toMatchObject(refused);
    await hasty.close();
  });
});
