import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, megalith, patienceMs, useFolder } from './megalith.js';

useFolder();

describe('megalith plan', { timeout: patienceMs }, () => {
  it('says the same of a command in each of its forms, and runs nothing', async () => {
    const marker = join(folder, 'planned');
    const command = ['--memory', '1GiB', '--', 'touch', marker];
    const forms = [['plan'], ['plan', 'run'], ['run', '--dry-run']];
    const [one, ...others] = await Promise.all(forms.map(form => megalith([...form, ...command])));
    expect(one).toMatchObject({ code: 0, stderr: '' });
    expect(one!.stdout).toMatch(/^ +BACKEND +WHERE +CPUS +MEMORY +SLOTS +COST +TIME +WHY\n> +local +here .* chosen\n/);
    for (const other of others) expect(other.stdout).toBe(one!.stdout);
    expect(existsSync(marker)).toBe(false);
  });

  it('knows how many tasks a file and a glob give, and not of what is still to come', async () => {
    writeFileSync(join(folder, 'items.txt'), 'a\nb\nc\n');
    const lines = await megalith(['plan', '--each', 'items.txt', '--', 'echo']);
    expect(lines.stdout).toContain('\ntasks: 3, each about ');
    const files = await megalith(['plan', 'map', './work.ts#square', '--data', '{work,items}.t*']);
    expect(files.stdout).toContain('\ntasks: 2, each about ');
    const stream = await megalith(['plan', 'map', './work.ts#square', '--data', '-'], '1\n2\n');
    expect(stream.stdout).toContain('\ntasks: as many as there will be, each about ');
  });

  it('takes the flags of map, and gives programs one object', async () => {
    const args = ['--data', 'numbers.json', '--shared', 'table=table.f64:Float64Array', '--deadline', '1h', '--json'];
    const { code, stdout } = await megalith(['plan', 'map', './work.ts#at', ...args]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      chosen: { backend: 'local', id: 'here' },
      candidates: [{ id: 'here', rejected: null }],
      label: expect.any(String),
      labelRule: expect.any(String),
      goal: { objective: 'cost' },
      profile: { source: expect.any(String), taskMs: { p50: expect.any(Number), p90: expect.any(Number) } },
    });
  });

  it('ends with 3 where no place can take the job, and shows why', async () => {
    const { code, stdout } = await megalith(['plan', '--memory', '4096TiB']);
    expect(code).toBe(3);
    expect(stdout).toContain('OVER_MEMORY: ');
  });

  it('ends with 2 for prices that are none, and for a time that is yet to come', async () => {
    writeFileSync(join(folder, 'prices.json'), '{"date": "2025-11-01", "ec2": {}}');
    const prices = await megalith(['plan', '--prices', 'prices.json', '--json']);
    expect(prices.code).toBe(2);
    expect(JSON.parse(prices.stdout)).toMatchObject({
      error: { code: 'CONFIG', message: expect.stringContaining('"prices.json"') },
    });
    const later = await megalith(['plan', '--at', '2999-01-01']);
    expect(later).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('2999-01-01') });
  });
});
