// Reads an object of S3: `map`, by tasks that each read a part; `read`, in this process by several ranges at once. Prints the milliseconds.
// Arguments: the endpoint; the URL of the object; its bytes; the way.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataPart, data, FunctionExecutor, openStore, readParallel, type TaskContext } from '@megalith/core';

const [endpoint = '', url = '', bytes = '', way = ''] = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), 'megalith-bench-'));
writeFileSync(
  join(home, 'megalith.yaml'),
  JSON.stringify({ stores: { s3: { url: url.replace(/\/[^/]*$/, ''), endpoint } } }),
);

const count = async (part: DataPart, { open }: TaskContext): Promise<number> => {
  let read = 0;
  for await (const chunk of open(part).stream()) read += chunk.length;
  return read;
};

async function byTasks(): Promise<[number, number]> {
  await using executor = new FunctionExecutor({ backend: 'local', home });
  const parts = () => data(url, { chunkSize: '16MiB', home });
  // Slots start with the first job.
  await executor.map(async (_: number) => 0, [0, 1, 2, 3]);
  const began = performance.now();
  let read = 0;
  for await (const part of executor.map(count, parts())) read += part;
  return [performance.now() - began, read];
}

async function byThisProcess(): Promise<[number, number]> {
  const store = await openStore({ name: 's3', url: url.replace(/\/[^/]*$/, ''), endpoint });
  await store.head('object');
  const began = performance.now();
  let read = 0;
  for await (const chunk of await readParallel(store, 'object', Number(bytes))) read += chunk.length;
  const tookMs = performance.now() - began;
  store.close();
  return [tookMs, read];
}

try {
  const [tookMs, read] = way === 'map' ? await byTasks() : await byThisProcess();
  if (read !== Number(bytes)) throw new Error(`${read} bytes were read of ${bytes}`);
  console.log(tookMs);
} finally {
  rmSync(home, { recursive: true, force: true });
}
