import type { JobOptions, MegalithError } from '@megalith/core';
import { describe, expect, test } from 'vitest';
import { eventually, within } from '../conformance/eventually.js';
import { failureOf } from '../conformance/failure-of.js';
import { gateIn, scratchFolder } from '../conformance/scratch.js';
import { openLocal } from './open-local.js';
import { type Marked, markProcesses } from './processes.js';

interface Case {
  readonly what: string;
  readonly shell: string;
  readonly code: MegalithError['code'];
  readonly says?: RegExp;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly options?: JobOptions;
}

const hasty: JobOptions = { timeout: 500, grace: 200 };
const allocate = (mib: number) =>
  `node -e 'globalThis.kept = Buffer.alloc(${mib} << 20, 1); setTimeout(() => {}, 60000)'`;

const cases: readonly Case[] = [
  { what: 'exits 3', shell: 'exit 3', code: 'EXITED', says: /3/, details: { exitCode: 3 } },
  { what: 'segfaults', shell: 'kill -SEGV $$', code: 'CRASHED', says: /SIGSEGV/, details: { signal: 'SIGSEGV' } },
  { what: 'aborts', shell: 'kill -ABRT $$', code: 'CRASHED', says: /SIGABRT/ },
  { what: 'is killed by somebody', shell: 'kill -KILL $$', code: 'CRASHED', says: /SIGKILL/ },
  { what: 'kills its own process group', shell: 'kill -KILL 0', code: 'CRASHED', says: /SIGKILL/ },
  { what: 'loops for ever', shell: 'while :; do :; done', code: 'TIMED_OUT', options: hasty },
  { what: 'sleeps for ever in a child', shell: 'sleep 600; true', code: 'TIMED_OUT', options: hasty },
  {
    what: 'does not listen to SIGTERM',
    shell: `trap '' TERM; while :; do sleep 1; done`,
    code: 'TIMED_OUT',
    options: hasty,
  },
  {
    what: 'takes more memory than it said',
    shell: allocate(400),
    code: 'OUT_OF_MEMORY',
    says: /128 ?MiB/i,
    options: { memory: '128MiB' },
  },
  {
    what: 'takes it in a grandchild',
    shell: `sh -c "${allocate(400).replaceAll('"', '\\"')}; true"; true`,
    code: 'OUT_OF_MEMORY',
    options: { memory: '128MiB' },
  },
  {
    what: 'fills the heap of its Node',
    shell: `node --max-old-space-size=32 -e 'const a = []; for (;;) a.push({ n: a.length })'`,
    code: 'OUT_OF_MEMORY',
  },
];

describe('a command', () => {
  test.each(cases)(
    'that $what ends with $code; its neighbours finish and no process is left',
    async ({ shell, code, says, details, options }) => {
      const marked = markProcesses();
      const executor = openLocal();
      try {
        // The line is a value of the environment, so that one template serves the bad one and its neighbours.
        const job = executor.command(['sh', '-c', 'eval "$BAD_{}"'], ['NO', 'YES', 'NO'], {
          ...options,
          env: { BAD_YES: shell, BAD_NO: 'echo fine' },
        });
        const counts = await within(60_000, 'the end of the job', job.ended());
        const error = await failureOf(job.future(1));
        expect(error.code, error.message).toBe(code);
        if (says) expect(`${error.message} ${JSON.stringify(error.details)}`).toMatch(says);
        if (details) expect(error.details).toMatchObject(details);
        expect(counts).toMatchObject({ total: 3, done: 2, failed: 1 });
        for (const index of [0, 2]) expect(job.future(index).logs.stdout).toBe('fine\n');
        await noCommandIsLeft(marked);
      } finally {
        await within(20_000, 'close', executor.close());
      }
      await marked.allGone();
    },
  );

  test.each([
    { what: 'leaves a child behind', shell: 'sleep 600 & echo said' },
    { what: 'leaves a child that holds its output', shell: 'sleep 600 & sleep 601 & echo said' },
    { what: 'leaves a child that does not listen', shell: `(trap '' TERM HUP; sleep 600; sleep 600) & echo said` },
  ])('that $what is done all the same, and the child ends with it', async ({ shell }) => {
    const marked = markProcesses();
    await using executor = openLocal();
    const future = executor.run(['sh', '-c', shell], { grace: 200 });
    expect(await within(30_000, 'the command', future)).toEqual({ exitCode: 0 });
    expect(future.logs.stdout).toBe('said\n');
    await noCommandIsLeft(marked);
  });

  test('that closes its output and works on is waited for', async () => {
    const gate = gateIn(scratchFolder());
    await using executor = openLocal();
    const future = executor.run([
      'sh',
      '-c',
      `exec >&- 2>&-; while [ ! -e "$1" ]; do sleep 0.05; done; exit 4`,
      'sh',
      gate.path,
    ]);
    gate.open();
    expect((await failureOf(future)).details).toMatchObject({ exitCode: 4 });
  });

  test('that prints 50 MB is done; memory keeps the end of it and says so', async () => {
    await using executor = openLocal();
    let bytes = 0;
    const future = executor.run(['sh', '-c', 'yes megalith | head -c 50000000; echo; echo last line'], {
      onEvent: event => {
        if (event.type === 'log') bytes += event.bytes.length;
      },
    });
    expect(await within(60_000, 'the command', future)).toEqual({ exitCode: 0 });
    expect(bytes).toBe(50_000_011);
    expect(future.logs.truncated).toBe(true);
    expect(future.logs.stdout.endsWith('last line\n')).toBe(true);
  });

  test('that prints bytes which are no text hands them over unchanged', async () => {
    await using executor = openLocal();
    const chunks: Uint8Array[] = [];
    await executor.run(['sh', '-c', `printf '\\377\\000\\303'; printf '\\274'`], {
      onEvent: event => event.type === 'log' && chunks.push(event.bytes),
    });
    expect(Buffer.concat(chunks).toString('hex')).toBe('ff00c3bc');
  });

  test('that is cancelled ends with all its children, and the executor works on', async () => {
    const marked = markProcesses();
    await using executor = openLocal();
    const future = executor.run(['sh', '-c', 'sleep 600 & sleep 601; true'], { grace: 200 });
    await eventually('the command runs', () => commandsOf(marked).length >= 3);
    future.cancel('enough');
    expect((await failureOf(future)).code).toBe('CANCELLED');
    await noCommandIsLeft(marked);
    expect(await executor.run(['true'])).toEqual({ exitCode: 0 });
  });
});

const commandsOf = (marked: Marked) =>
  marked.alive().filter(({ command }) => /^(sh|sleep|yes|head|cat|node -e)\b/.test(command));

async function noCommandIsLeft(marked: Marked): Promise<void> {
  await eventually('no command is left', () => commandsOf(marked).length === 0, 15_000);
}
