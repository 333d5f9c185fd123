import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, megalith, patienceMs, useFolder } from './megalith.js';

useFolder();

describe('megalith storage', { timeout: patienceMs }, () => {
  it('puts, lists, fetches, copies and removes objects, with their labels', async () => {
    const config = {
      policy: { paths: { [join(folder, 'in', 'phi', '**')]: 'restricted' } },
      stores: { safe: { url: './safe', clearance: 'restricted' }, open: { url: './open', clearance: 'public' } },
    };
    writeFileSync(join(folder, 'megalith.yaml'), JSON.stringify(config));
    mkdirSync(join(folder, 'in', 'phi'), { recursive: true });
    writeFileSync(join(folder, 'in', 'a'), 'A');
    writeFileSync(join(folder, 'in', 'phi', 'b'), 'BB');

    const put = await megalith(['storage', 'put', '-r', 'in', 'safe:run/']);
    expect([put.code, put.stderr]).toEqual([0, 'copied 2 objects, 3B\n']);
    const listed = await megalith(['storage', 'ls', 'safe:run/', '--json']);
    expect(
      listed.stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line)),
    ).toMatchObject([
      { key: 'run/a', bytes: 1 },
      { key: 'run/phi/b', bytes: 2, label: 'restricted' },
    ]);
    const refused = await megalith(['storage', 'cp', '-r', 'safe:run', 'open:run']);
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('store "open" is cleared for public')]);
    expect((await megalith(['storage', 'get', '-r', 'safe:run', 'out'])).code).toBe(0);
    expect(readFileSync(join(folder, 'out', 'phi', 'b'), 'utf8')).toBe('BB');
    expect((await megalith(['labels', 'out/phi/b'])).stdout).toMatch(/^restricted /m);
    const removed = await megalith(['storage', 'rm', '-r', 'safe:run', '--json']);
    expect(JSON.parse(removed.stdout)).toEqual({ objects: 2, dryRun: false });
    expect((await megalith(['storage', 'ls', 'safe:'])).stderr).toContain('nothing begins with "safe:"');
  });

  it('removes what jobs have left, and only that', async () => {
    writeFileSync(join(folder, 'megalith.yaml'), JSON.stringify({ stores: { lab: { url: './lab' } } }));
    const left = '0-1-1-v0123456789abcdef';
    for (const key of [`jobs/old/${left}`, `ttl/1/x/${left}`, 'jobs/old/mine'])
      expect((await megalith(['storage', 'put', '-', `lab:${key}`], Buffer.from('x'))).code).toBe(0);
    const young = await megalith(['storage', 'clean', 'lab', '--dry-run']);
    expect([young.code, young.stdout, young.stderr]).toEqual([
      0,
      `ttl/1/x/${left}\n`,
      '1 object, 1B, would be removed\n',
    ]);
    const cleaned = await megalith(['storage', 'clean', 'lab', '--job', 'old', '--json']);
    expect(JSON.parse(cleaned.stdout)).toEqual({ objects: 1, bytes: 1, dryRun: false });
    expect((await megalith(['storage', 'clean', 'lab'])).stderr).toBe('removed 1 object, 1B\n');
    expect((await megalith(['storage', 'clean'])).stderr).toBe('removed 0 objects, 0B\n');
    expect(readFileSync(join(folder, 'lab', 'jobs', 'old', 'mine'), 'utf8')).toBe('x');
  });

  it('gives objects to a function part by part', async () => {
    writeFileSync(join(folder, 'megalith.yaml'), JSON.stringify({ stores: { lab: { url: './lab' } } }));
    writeFileSync(
      join(folder, 'count.ts'),
      `export async function count(part, { open }) { let n = 0; for await (const _ of open(part).lines()) n++; return n; }\n`,
    );
    const text = Array.from({ length: 1000 }, (_, i) => `${i}\n`).join('');
    await megalith(['storage', 'put', '-', 'lab:in/a.txt'], text);
    await megalith(['storage', 'put', '-', 'lab:in/b.txt'], text);
    const mapped = await megalith(['map', './count.ts#count', '--data', 'lab:in/', '--chunk-size', '1KiB']);
    const counts = mapped.stdout.trim().split('\n').map(Number);
    expect([mapped.code, counts.length, counts.reduce((a, b) => a + b)]).toEqual([0, 8, 2000]);
    writeFileSync(join(folder, 'keep.ts'), `export const keep = (item, { storage }) => storage.put(item);\n`);
    const kept = await megalith([
      'map',
      './keep.ts#keep',
      '--data',
      'numbers.json',
      '--store',
      'lab',
      '--keep',
      'pinned',
    ]);
    expect([kept.code, JSON.parse(kept.stdout.split('\n')[0]!)]).toMatchObject([
      0,
      { key: expect.stringMatching(/^kept\//) },
    ]);
    const nothing = await megalith(['map', './count.ts#count', '--data', 'lab:on/']);
    expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining('matches "on/"')]);
  });

  it('works in a pipe, and says what is not there', async () => {
    writeFileSync(join(folder, 'megalith.yaml'), JSON.stringify({ stores: { lab: { url: './lab' } } }));
    expect((await megalith(['storage', 'put', '-', 'lab:x'], Buffer.from('piped'))).code).toBe(0);
    expect((await megalith(['storage', 'get', 'lab:x', '-'])).stdout).toBe('piped');
    const missing = await megalith(['storage', 'get', 'lab:y']);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('there is no "y" in file://')]);
    const unknown = await megalith(['storage', 'ls', 'nope:']);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('"nope:" is a path of this machine')]);
  });
});
