// Lists a bucket on loopback by `data()` and maps its objects with trivial tasks, as they come. Prints milliseconds, or with `memory` the peak memory of
// this process, the client, in bytes. Arguments: objects; `time` or `memory`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { data, FunctionExecutor } from '@megalith/core';
import { pagedBucket } from '../paged-bucket.js';
import { bytesOf } from './bytes-of.js';

const [objects, measure] = [Number(process.argv[2]), process.argv[3]];
const home = mkdtempSync(join(tmpdir(), 'megalith-bench-listing-'));
const bucket = await pagedBucket(objects);
try {
  const lab = { url: 's3://bucket', endpoint: bucket.endpoint, region: 'us-east-1', clearance: 'internal' };
  writeFileSync(join(home, 'megalith.yaml'), JSON.stringify({ stores: { lab } }));
  await using executor = new FunctionExecutor({ backend: 'local', home });
  await executor.callAsync((x: number) => x, 0);
  const began = performance.now();
  let mapped = 0;
  let bytes = 0;
  for await (const each of executor.map(bytesOf, data('lab:in/', { home }))) {
    mapped += 1;
    bytes += each;
  }
  const wholeMs = performance.now() - began;
  if (mapped !== objects) throw new Error(`${mapped} of ${objects} objects were mapped`);
  if (bytes === 0) throw new Error('they have no bytes');
  console.log(measure === 'memory' ? process.resourceUsage().maxRSS * 1024 : wholeMs);
} finally {
  bucket.close();
  rmSync(home, { recursive: true, force: true });
}
