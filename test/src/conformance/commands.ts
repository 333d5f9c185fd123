import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failureOf } from './failure-of.js';
import { executorOf, type Place } from './place.js';
import { scratchFolder } from './scratch.js';

const awkward = [
  'plain',
  'two words',
  `it's`,
  'say "hi"',
  '$HOME `id` $(id)',
  '; rm -rf /nowhere',
  'a\\b',
  '*',
  '-n',
  'new\nline',
  'ü漢🗿',
  '{}',
];

/** Commands over items, in the manner of GNU parallel. */
export function commands(place: Place): void {
  describe.runIf(place.capabilities.commands)('a command', () => {
    const executor = executorOf(place);

    test('runs once and gives its exit code and its output', async () => {
      const future = executor().run(['sh', '-c', 'echo out; echo err >&2']);
      expect(await future).toEqual({ exitCode: 0 });
      expect(future.logs).toMatchObject({ stdout: 'out\n', stderr: 'err\n' });
    });

    test('takes its item where the braces stand', async () => {
      const job = executor().command(['echo', 'item={}.', '{}'], ['a', 'b']);
      await job;
      expect([...job].map(({ logs }) => logs.stdout)).toEqual(['item=a. a\n', 'item=b. b\n']);
    });

    test('takes any item as one argument, whatever is in it', async () => {
      const job = executor().command(['printf', '%s', '{}'], awkward);
      await job;
      expect([...job].map(({ logs }) => logs.stdout)).toEqual(awkward);
    });

    test('takes any item as one word of a shell line, whatever is in it', async () => {
      const job = executor().command("printf '%s' {} | cat", awkward);
      await job;
      expect([...job].map(({ logs }) => logs.stdout)).toEqual(awkward);
    });

    test('takes numbers as items', async () => {
      const job = executor().command(['echo', '{}'], [1, 2.5]);
      await job;
      expect([...job].map(({ logs }) => logs.stdout)).toEqual(['1\n', '2.5\n']);
    });

    test('fails with its exit code and the end of what it said, and its neighbours run', async () => {
      const job = executor().command('echo "bad input" >&2; exit {}', [0, 3, 0]);
      const error = await failureOf(job.future(1));
      expect(error.code).toBe('EXITED');
      expect(error.message).toContain('3');
      expect(error.details).toMatchObject({ exitCode: 3 });
      expect(JSON.stringify([error.message, error.details])).toContain('bad input');
      expect([await job.future(0), await job.future(2)]).toEqual([{ exitCode: 0 }, { exitCode: 0 }]);
    });

    test('that is not there fails by name', async () => {
      const error = await failureOf(executor().run(['megalith-no-such-program', 'x']));
      expect(error.message).toContain('megalith-no-such-program');
      expect(['EXITED', 'CRASHED']).toContain(error.code);
      expect(error.details).toMatchObject({ exitCode: 127 });
    });

    test.runIf(place.capabilities.sameFiles)('sees the variables and the folder of its job', async () => {
      const folder = scratchFolder();
      const future = executor().run(['sh', '-c', 'printf %s "$GREETING" > here.txt'], {
        env: { GREETING: 'hello there' },
        cwd: folder,
      });
      await future;
      expect(readFileSync(join(folder, 'here.txt'), 'utf8')).toBe('hello there');
    });

    test('in a folder that is not there fails with its name', async () => {
      const error = await failureOf(executor().run(['true'], { cwd: '/no/such/folder' }));
      expect(error.message).toContain('/no/such/folder');
    });

    test('gets no standard input: it ends instead of waiting', async () => {
      expect(await executor().run(['cat'])).toEqual({ exitCode: 0 });
    });

    test('has the figures of all that it started', async () => {
      const busy = 'i=0; while [ $i -lt 600000 ]; do i=$((i+1)); done';
      // What is measured are samples: it stays for longer than they lie apart.
      const future = executor().run(['sh', '-c', `sh -c '${busy}'; sleep 1`]);
      await future;
      expect(future.stats!.cpuUserMs! + future.stats!.cpuSystemMs!).toBeGreaterThan(100);
    });

    test.runIf(place.capabilities.sameFiles)('may be retried', async () => {
      const folder = scratchFolder();
      const future = executor().run(['sh', '-c', 'echo x >> tries; test $(wc -l < tries) -ge 3'], {
        cwd: folder,
        retries: { retries: 5, backoff: 1 },
      });
      expect(await future).toEqual({ exitCode: 0 });
      expect(readFileSync(join(folder, 'tries'), 'utf8')).toBe('x\nx\nx\n');
    });

    test('may be run over hundreds of items', async () => {
      const job = executor().command(
        ['true', '{}'],
        Array.from({ length: 300 }, (_, i) => i),
      );
      expect(await job.ended()).toMatchObject({ total: 300, done: 300 });
    });
  });
}
