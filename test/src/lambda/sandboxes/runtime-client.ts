import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testCache } from '../../ec2/test-cache.js';

/** What is between Lambda's runtime API and a handler: a Node program that gets the handler's name as its argument. */
export interface RuntimeClient {
  readonly name: string;
  /** All that it needs. */
  readonly folder: string;
  /** Its program, below that. */
  readonly entry: string;
}

/** The small one of ours, copied to where sandboxes may read. */
export function ownRuntimeClient(folder: string): RuntimeClient {
  mkdirSync(folder, { recursive: true });
  const compiled = new URL('../../../dist/lambda/sandboxes/bootstrap-process.js', import.meta.url);
  copyFileSync(fileURLToPath(compiled), join(folder, 'bootstrap.mjs'));
  return { name: 'ours', folder, entry: 'bootstrap.mjs' };
}

/** AWS's own for Node, where `.ci/install-lambda-runtime` could build it. */
export function awsRuntimeClient(): RuntimeClient | undefined {
  const folder = join(testCache, 'aws-lambda-ric-3.3.0');
  const entry = 'node_modules/aws-lambda-ric/bin/index.mjs';
  return existsSync(join(folder, entry)) ? { name: 'aws-lambda-ric', folder, entry } : undefined;
}
