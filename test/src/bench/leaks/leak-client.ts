// A client in a process of its own: runs one command under a fixed id on machines of the simulator, and says when it is done.
import { FunctionExecutor } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';
import type { ClientJob } from './start-client.js';

registerStandalone();
const { id, home, tally, tookSeconds } = JSON.parse(process.argv[2]!) as ClientJob;
const executor = new FunctionExecutor({ backend: 'standalone', home });
const work = `echo began >>'${tally}'; sleep ${tookSeconds}; echo ended >>'${tally}'`;
try {
  const { exitCode } = await executor.run(['sh', '-c', work], { id, memory: '12GiB', cpus: 2, retries: 2 });
  console.log(`done ${exitCode}`);
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  console.log(`failed ${code} ${message}`);
}
await executor.close();
