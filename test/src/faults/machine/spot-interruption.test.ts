import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { scratchFolder } from '../../conformance/scratch.js';
import { AgentProcess } from '../wire/agent-process.js';
import { ScriptJob, statusOf } from './on-agent.js';

/** EC2's metadata service, as far as the agent asks it. */
async function startMetadata() {
  const told: { notice?: string } = {};
  const server = createServer(({ method }, response) => {
    if (method === 'PUT') response.end('token');
    else if (told.notice === undefined) response.writeHead(404).end();
    else response.end(told.notice);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tell = (at: number): void => {
    told.notice = JSON.stringify({ action: 'terminate', time: new Date(at).toISOString() });
  };
  return { url, tell };
}

async function startAgent() {
  const metadata = await startMetadata();
  const agent = new AgentProcess(scratchFolder(), { spot: 'ec2', metadataUrl: metadata.url });
  onTestFinished(() => agent.kill());
  return { agent, metadata };
}

/** Says that it runs, and then, when it is asked to end, that it was. */
const checkpointing = (mark: string): string =>
  `trap 'echo >${mark}-saved; exit 0' TERM; echo >${mark}-begun; while :; do sleep 0.05; done`;

test('a machine that is taken back hands back what has not begun at once, and ends what runs shortly before', async () => {
  const { agent, metadata } = await startAgent();
  const mark = join(agent.home, 'mark');
  const gate = join(agent.home, 'gate');
  const scripts = [
    'true',
    checkpointing(mark),
    `echo >${gate}-begun; while [ ! -e ${gate} ]; do sleep 0.05; done; exit 3`,
    'true',
    'true',
  ];
  const retry = { retries: 5, backoffMs: 10, factor: 1, maxBackoffMs: 10 };
  const run = new ScriptJob(agent, 'j1', scripts, { retry });
  await eventually('both run', () => existsSync(`${mark}-begun`) && existsSync(`${gate}-begun`));
  metadata.tell(Date.now() + 60_000);
  await eventually('what has not begun is back', () => run.lasts.length === 3);
  expect(run.lasts).toEqual(['0 done', '3 AGENT_LOST', '4 AGENT_LOST']);
  expect(existsSync(`${mark}-saved`)).toBe(false);
  const status = await statusOf(agent);
  expect(status).toMatchObject({ draining: true, interruption: { action: 'terminate' } });
  expect(status.reasons.join()).toContain('the cloud takes this machine back: terminate at ');
  expect(await new ScriptJob(agent, 'j2', ['true']).end).toMatchObject({ code: 'NO_PLACEMENT' });
  const [lost] = run.events.filter(event => event.type === 'failed');
  expect(lost).toMatchObject({ failure: { details: { leaving: true, action: 'terminate' } } });
  // What fails by itself is due for another try, which is somebody else's.
  writeFileSync(gate, '');
  await eventually('the next try is handed back', () => run.lasts.length === 4);
  const tries = run.events.filter(event => event.index === 2 && event.type === 'failed');
  expect(tries).toMatchObject([
    { attempt: 1, retrying: true, failure: { code: 'EXITED' } },
    { attempt: 2, failure: { code: 'AGENT_LOST' } },
  ]);
  run.close();
});

test('a command has its grace before the machine goes, and what it gave before can be read until then', async () => {
  const { agent, metadata } = await startAgent();
  const mark = join(agent.home, 'mark');
  const run = new ScriptJob(agent, 'j1', ['echo early', checkpointing(mark)]);
  await eventually('it runs', () => existsSync(`${mark}-begun`) && run.lasts.length === 1);
  metadata.tell(Date.now() + 10_000);
  expect(await within(20_000, 'the job', run.end)).toBeUndefined();
  expect(run.lasts).toEqual(['0 done', '1 AGENT_LOST']);
  expect(existsSync(`${mark}-saved`)).toBe(true);
  // Nothing is left to do, and it is there.
  expect((await statusOf(agent)).endsAt).toBeUndefined();
  const again = new ScriptJob(agent, 'j1', ['echo early', checkpointing(mark)]);
  expect(await within(20_000, 'the second reading', again.end)).toBeUndefined();
  // A command's end waits for the last of its output, and one that gave none does not.
  expect(again.lasts.toSorted()).toEqual(['0 done', '1 AGENT_LOST']);
});

test.each(['process', 'threads'] as const)(
  'functions in slots, each %s, are told to end, and those behind them are handed back at once',
  async isolation => {
    const { agent, metadata } = await startAgent();
    const code = `import { writeFileSync } from 'node:fs';
    export default () => async (item, { index, signal }) => {
      if (item === 'quick') return;
      writeFileSync(item + '-begun-' + index, '');
      await new Promise(resolve => signal.addEventListener('abort', resolve));
      writeFileSync(item + '-saved-' + index, '');
    };`;
    const bundle = { hash: `spot-${isolation}`, code, captured: new Uint8Array() };
    const marks = (kind: string): number =>
      readdirSync(agent.home).filter(name => name.startsWith(`slow-${kind}`)).length;
    const quick = Array<string>(50).fill('quick');
    const items = [...quick, ...Array<string>(52).fill(join(agent.home, 'slow'))];
    const run = new ScriptJob(agent, 'j1', items, { work: { kind: 'function', bundle, isolation, shared: [] } });
    await eventually('both slots are taken', () => marks('begun') === 2 && run.lasts.length === 50);
    metadata.tell(Date.now() + 36_000);
    await eventually('what waited is back', () => run.lasts.length === 100);
    expect(run.lasts.slice(50).every(last => last.endsWith('AGENT_LOST'))).toBe(true);
    expect(marks('saved')).toBe(0);
    expect(await within(30_000, 'the job', run.end)).toBeUndefined();
    expect(marks('saved')).toBe(2);
    expect(run.lasts.filter(last => last.endsWith('AGENT_LOST'))).toHaveLength(52);
  },
);
