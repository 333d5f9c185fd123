import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { expectTidy, linesOn } from './aftermath.js';
import { openField } from './field.js';
import { secretLength } from './tasks.js';

const secret = 'zq-9f3c1b7e-not-to-be-seen';

describe('a host while a job with a secret runs', () => {
  test('listens on no new port, shows the secret in no file and no process list, and closes its files to others', async () => {
    const field = await openField();
    const { first, home } = field;
    const ports = first.listeningPorts();
    const tally = `${first.home}/tally`;
    const gate = `${first.home}/gate`;
    const executor = await field.executor();
    const job = executor.map(
      secretLength,
      [
        { value: 0, tally, gate },
        { value: 1, tally },
      ],
      {
        id: 'discreet',
        secrets: { FIELD_SECRET: secret },
      },
    );
    job.catch(() => undefined);
    await job.future(1);
    await eventually('the other runs', () => linesOn(first, tally).filter(line => /^began/.test(line)).length === 2);
    const look = async () => {
      expect(first.listeningPorts()).toEqual(ports);
      expect(
        (await first.exec(`grep -rlaF ${secret} .megalith ${first.can('isolation') ? '/tmp' : ''}; true`)).stdout,
      ).toBe('');
      expect(first.processes().filter(({ command }) => command.includes(secret))).toEqual([]);
      const seen = await first.exec(`cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -c '[n]ot-to-be-seen'`);
      expect(seen.stdout.trim()).toBe('0');
      expect((await first.exec(`find .megalith -type f ! -perm 600 ! -path '*/node/*'`)).stdout).toBe('');
      expect((await first.exec('find .megalith -type d ! -perm 700')).stdout).toBe('');
      expect((await first.exec('find .megalith -type s -perm /077')).stdout).toBe('');
      expect(filesWith(home, secret)).toEqual([]);
    };
    expect((await first.exec('find .megalith -type s')).stdout).toMatch(/socket/);
    await look();
    await first.exec(`touch ${gate}`);
    expect(await within(30_000, 'the results', job)).toEqual([secret.length, secret.length]);
    expect(job.future(0).logs.stdout).toContain('the secret is');
    expect(job.future(0).logs.stdout).not.toContain(secret);
    await look();
    await expectTidy(first);
  });
});

/** The files of a folder of this machine that hold a text. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => readFileSync(path).includes(text));
}
