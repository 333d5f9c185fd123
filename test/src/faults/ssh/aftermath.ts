import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobResults, readJob } from '@megalith/core';
import { expect } from 'vitest';
import { eventually } from '../../conformance/eventually.js';
import type { TestHost } from '../../hosts/test-host.js';
import { agentsOn, killAgents, noOrphans } from './agents-there.js';

/** Megalith's folder on a host, as this process reaches it. */
export function folderOf(host: TestHost): string {
  return host.pathHere(join(host.home, '.megalith'));
}

/** Where tasks of a host leave their traces, and where they wait: files that are not there at first. */
export function tracesOn({ home }: TestHost): { readonly tally: string; readonly gate: string } {
  return { tally: join(home, 'tally'), gate: join(home, 'gate') };
}

/** The lines of a file on a host; none where it does not exist. */
export function linesOn(host: TestHost, path: string): string[] {
  const here = host.pathHere(path);
  return existsSync(here) ? readFileSync(here, 'utf8').split('\n').filter(Boolean) : [];
}

/** How often each line is there. */
export function counted(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

/** `0` to `count - 1`, as a result that came whole and once. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** The journal on the host has each task of the job done, once, and the job's end. */
export async function expectWholeJournal(host: TestHost, id: string, count: number): Promise<void> {
  const home = folderOf(host);
  const report = await eventually('the job has its summary', async () => {
    const found = await readJob(id, { home });
    return found.state !== 'running' && found;
  });
  expect(report).toMatchObject({ state: 'done', counts: { total: count, done: count, failed: 0, cancelled: 0 } });
  const indexes: number[] = [];
  for await (const { index, status } of jobResults(id, { home })) {
    expect(status).toBe('done');
    indexes.push(index);
  }
  expect(indexes.sort((a, b) => a - b)).toEqual(upTo(count));
}

/** Nothing is left over on the host but its agents, and nothing is half-written; then these end, and nothing at all is left. */
export async function expectTidy(host: TestHost): Promise<void> {
  await noOrphans(host);
  await expectNoPieces(host);
  killAgents(host, 'SIGTERM');
  await eventually(`all processes of ${host.name} are gone`, () => host.processes().length === 0);
  const sockets = await host.exec('find .megalith -type s');
  expect(sockets.stdout).toBe('');
}

/** No file of Megalith's that was being written and never got its name. An agent that lives may be at its last job's summary still. */
export async function expectNoPieces(host: TestHost): Promise<void> {
  let found = '';
  const isTidy = async (): Promise<boolean> => {
    found = (await host.exec(`find .megalith -name '*.tmp' -o -name '*.part' -o -name '*.stale'`)).stdout;
    return found === '';
  };
  await eventually('nothing is half-written', isTidy, 10_000).catch((error: Error) => {
    throw new Error(`${error.message}: ${found}`, { cause: error });
  });
}

/** Waits for the one agent of a host, which is none of those. */
export function nextAgent(host: TestHost, before: readonly number[] = []): Promise<number> {
  return eventually(
    `an agent runs on ${host.name}`,
    () => agentsOn(host).find(({ pid }) => !before.includes(pid))?.pid,
  );
}
