import { functionCode } from '../function-code.js';
import type { LambdaSettings } from '../lambda-settings.js';

export const testSettings: LambdaSettings = {
  region: 'us-east-1',
  role: 'arn:aws:iam::123456789012:role/megalith',
  clearance: 'internal',
  arch: 'arm64',
  memoryMib: [512, 1769, 10_240],
  owner: 'ann',
  timeoutMs: 900_000,
  tmpMib: 512,
  runtime: 'nodejs22.x',
};

export const testCode = functionCode({ 'lambda.mjs': Buffer.from('one'), 'agent.mjs': Buffer.from('two') });
