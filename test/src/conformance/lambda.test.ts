import { FunctionExecutor, Pool } from '@megalith/core';
import { afterAll, beforeAll } from 'vitest';
import { type LambdaHere, lambdaHere } from '../faults/lambda/lambda-here.js';
import { conformance } from './conformance.js';

let here: LambdaHere | undefined;

beforeAll(async () => {
  here = await lambdaHere({ concurrency: 4, withStore: true, section: { memory: ['1769MiB'] } });
});

afterAll(async () => {
  await here?.close();
});

const options = () => ({ backend: 'lambda', home: here!.home }) as const;

conformance('lambda', async () => new FunctionExecutor(options()), {
  sameFiles: false,
  clientFolder: false,
  ownPackage: false,
  machines: 4,
  severalTasksEach: false,
  freshMachines: false,
  objects: { store: 'spill' },
  openPool: () => new Pool(2, options()),
});
