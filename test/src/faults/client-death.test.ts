import { describe, expect, test } from 'vitest';
import { eventually } from '../conformance/eventually.js';
import { startScript } from '../e2e/start-script.js';
import { userFolder } from '../e2e/user-folder.js';
import { hostsOf, slotsOf } from './agents.js';
import { markProcesses } from './processes.js';

/** Says `running` once a function, a thread and a command are all at work, and would go on for ever. */
const endless = `
import { FunctionExecutor } from '@megalith/core';

const executor = new FunctionExecutor({ backend: 'local' });
const started = new Set();
const onEvent = event => {
  if (event.type !== 'started') return;
  started.add(event.job);
  if (started.size === 3) console.log('running');
};
const forever = async () => { await new Promise(() => setInterval(() => {}, 1000)); };
const busy = () => { for (;;); };
const work = [
  executor.map(forever, [1], { cpus: 0.1, onEvent }),
  executor.map(busy, [1], { cpus: 0.1, onEvent, isolation: 'threads' }),
  executor.command(['sh', '-c', 'trap "" TERM HUP; sleep 600 & sleep 601; sleep 602'], [1], { cpus: 0.1, onEvent }),
];
await Promise.allSettled(work);
`;

describe('a client', () => {
  function startEndless() {
    const marked = markProcesses();
    const folder = userFolder({ 'main.mjs': endless });
    return { marked, script: startScript(folder, 'main.mjs', { env: { ...marked.env } }) };
  }

  test('that is killed in the middle of its jobs leaves nothing running: no host, no slot, no command', async () => {
    const { marked, script } = startEndless();
    await script.says(/running/);
    expect(hostsOf(marked).length).toBe(1);
    expect(slotsOf(marked).length).toBeGreaterThanOrEqual(2);
    process.kill(script.pid, 'SIGKILL');
    expect((await script.end()).signal).toBe('SIGKILL');
    await marked.allGone();
  });

  test('that is killed while its host is still starting leaves nothing running', async () => {
    const { marked, script } = startEndless();
    await eventually('the host is there', () => hostsOf(marked).length > 0);
    process.kill(script.pid, 'SIGKILL');
    await script.end();
    await marked.allGone();
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'that gets %s ends by it and leaves nothing running',
    async signal => {
      const { marked, script } = startEndless();
      await script.says(/running/);
      process.kill(script.pid, signal);
      const end = await script.end(20_000);
      expect(end.signal === signal || end.exitCode === 130 || end.exitCode === 143 || end.exitCode === 129).toBe(true);
      await marked.allGone();
    },
  );

  test('whose whole process group gets SIGINT, as from a terminal, leaves nothing running', async () => {
    const { marked, script } = startEndless();
    await script.says(/running/);
    process.kill(-script.pid, 'SIGINT');
    await script.end(20_000);
    await marked.allGone();
  });

  test('that calls process.exit in the middle of its jobs leaves nothing running', async () => {
    const marked = markProcesses();
    const folder = userFolder({
      'main.mjs': `
        import { FunctionExecutor } from '@megalith/core';
        const executor = new FunctionExecutor({ backend: 'local' });
        executor.map(() => { for (;;); }, [1, 2], { onEvent: event => event.type === 'started' && process.exit(5) });
      `,
    });
    const end = await startScript(folder, 'main.mjs', { env: { ...marked.env } }).end();
    expect(end.exitCode).toBe(5);
    await marked.allGone();
  });

  test('that throws in the middle of its jobs ends with its own error and leaves nothing running', async () => {
    const marked = markProcesses();
    const folder = userFolder({
      'main.mjs': `
        import { FunctionExecutor } from '@megalith/core';
        const executor = new FunctionExecutor({ backend: 'local' });
        executor.map(() => { for (;;); }, [1, 2], { cpus: 0.1 });
        for await (const _ of executor.map(x => x, [1], { cpus: 0.1 })) throw new Error('my own mistake');
      `,
    });
    const end = await startScript(folder, 'main.mjs', { env: { ...marked.env } }).end();
    expect(end.exitCode).toBe(1);
    expect(end.stderr).toContain('my own mistake');
    await marked.allGone();
  });

  test('whose task kills its own process group lives on, and so does the host', async () => {
    const marked = markProcesses();
    const folder = userFolder({
      'main.mjs': `
        import { FunctionExecutor } from '@megalith/core';
        const executor = new FunctionExecutor({ backend: 'local' });
        const job = executor.map(x => { if (x === 1) process.kill(0, 'SIGKILL'); return x; }, [0, 1, 2, 3]);
        const counts = await job.ended();
        const code = await job.future(1).catch(error => error.code);
        console.log(JSON.stringify({ done: counts.done, failed: counts.failed, code, next: await executor.map(x => x, [7]) }));
      `,
    });
    const end = await startScript(folder, 'main.mjs', { env: { ...marked.env } }).end();
    expect(end.stderr).toBe('');
    expect(JSON.parse(end.stdout)).toEqual({ done: 3, failed: 1, code: 'CRASHED', next: [7] });
    await marked.allGone();
  });
});
