import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type Script, startScript } from '../../e2e/start-script.js';
import { checkout, userFolder } from '../../e2e/user-folder.js';

/** One client in a process of its own: maps over `0` to `count - 1` under a fixed id, and says each result as it comes. */
const program = `
import { FunctionExecutor } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';
import { work } from './work.mjs';

registerStandalone();
const { id, home, count, tally, tookMs } = JSON.parse(process.argv[2]);
const items = Array.from({ length: count }, (_, value) => ({ value, tally, tookMs }));
const executor = new FunctionExecutor({ backend: 'standalone', home });
console.log('begun');
for await (const outcome of executor.map(work, items, { id }).outcomes()) {
  if (outcome.status !== 'done') throw outcome.error;
  console.log('result ' + outcome.value);
}
console.log('all');
await executor.close();
`;

const work = `
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export async function work({ value, tally, tookMs }) {
  await delay(tookMs);
  appendFileSync(tally, value + '\\n');
  return value;
}
`;

export interface ClientJob {
  readonly id: string;
  readonly home: string;
  readonly count: number;
  /** A file of the host, to which each task adds its index once it is done. */
  readonly tally: string;
  readonly tookMs: number;
}

/** A folder with the program, and what starts it there: the same program is the same job. */
export function clientFolder(): (job: ClientJob) => Script {
  const folder = userFolder({ 'main.mjs': program, 'work.mjs': work });
  symlinkSync(join(checkout, 'packages/standalone'), join(folder, 'node_modules/@megalith/standalone'));
  return job => startScript(folder, 'main.mjs', { args: [JSON.stringify(job)] });
}

/** The results that a client has said, in their order. */
export function resultsOf(script: Script): number[] {
  return [...script.stdout().matchAll(/^result (\d+)$/gm)].map(match => Number(match[1]));
}
