import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LambdaEmulator } from '../lambda/lambda-emulator.js';
import { startLambda } from '../lambda/start-lambda.js';
import { type CloudClient, cloudClient } from './cloud-client.js';

let lambda: LambdaEmulator;
let client: CloudClient;

beforeAll(async () => {
  lambda = await startLambda();
  client = cloudClient();
  const { endpoint, region, role } = lambda;
  const section = { region, endpoint, role, arch: 'x64', memory: ['1769MiB'], owner: 'ann' };
  writeFileSync(join(client.home, 'megalith.yaml'), JSON.stringify({ lambda: section }));
});
afterAll(async () => {
  await lambda.close();
  client.close();
});

it('a command runs in a function, whose name is then listed, and is gone once it is cleaned away', async () => {
  const run = await client.megalith('run', '--backend', 'lambda', '--shell', 'echo "$((6 * 7))"');
  expect(run).toMatchObject({ code: 0, stdout: '42\n' });
  const name = lambda.functions()[0]?.name;
  expect(await client.json('lambda', 'ls')).toMatchObject({ functions: [{ name, memoryMib: 1769, isCurrent: true }] });
  expect((await client.megalith('lambda', 'ls')).stdout).toMatch(
    /megalith-ann-x64-1769-[0-9a-f]{12} +1.7GiB +x64 +this one/,
  );
  // It is of this version: only who wants all gone deletes it.
  expect(await client.json('lambda', 'clean')).toMatchObject({ deleted: [], kept: [{ name }] });
  expect(await client.json('lambda', 'clean', '--all', '--dry-run')).toMatchObject({ deleted: [{ name }] });
  expect(lambda.functions()).toHaveLength(1);
  expect((await client.megalith('lambda', 'clean', '--all')).code).toBe(0);
  expect(lambda.functions()).toHaveLength(0);
});

it('the policies are those of the configured role and region', async () => {
  const { client: ours, role } = (await client.json('lambda', 'iam')) as { client: unknown; role: unknown };
  expect(JSON.stringify(ours)).toContain(`arn:aws:lambda:${lambda.region}:123456789012:function:megalith-*`);
  expect(JSON.stringify(ours)).toContain(lambda.role);
  expect(role).toMatchObject({ trust: { Statement: [{ Principal: { Service: 'lambda.amazonaws.com' } }] } });
});
