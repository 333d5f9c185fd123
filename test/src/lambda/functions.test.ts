import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetAccountSettingsCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  type LambdaClient,
  ListFunctionsCommand,
  ListTagsCommand,
  ListVersionsByFunctionCommand,
  PutFunctionConcurrencyCommand,
  paginateListFunctions,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LambdaEmulator } from './lambda-emulator.js';
import { startLambda } from './start-lambda.js';
import { call, deploy, refusal, testClient, zipped } from './test-client.js';

let lambda: LambdaEmulator;
let client: LambdaClient;
beforeAll(async () => {
  lambda = await startLambda({ thin: event => event, pageSize: 3 });
  client = testClient(lambda);
});
afterAll(async () => {
  client.destroy();
  await lambda.close();
});

const input = (name: string) => ({
  FunctionName: name,
  Runtime: 'nodejs22.x' as const,
  Role: lambda.role,
  Handler: 'index.handler',
  Code: { ZipFile: zipped({ 'index.mjs': 'export const handler = () => 1' }) },
});

/** A Lambda that takes an hour for everything, and a clock that goes when a test wants it. */
async function slowLambda() {
  let ahead = 0;
  const slow = await startLambda({ thin: event => event, pendingMs: 3_600_000, now: () => Date.now() + ahead });
  const anHourLater = (): void => {
    ahead += 3_600_001;
  };
  return { slow, mine: testClient(slow), anHourLater };
}

test('a function is pending first, and cannot be called or changed; then it is active', async () => {
  const { slow, mine, anHourLater } = await slowLambda();
  await using _ = slow;
  const made = await mine.send(new CreateFunctionCommand({ ...input('fresh'), Tags: { owner: 'me' } }));
  expect(made).toMatchObject({
    FunctionName: 'fresh',
    FunctionArn: `arn:aws:lambda:us-east-1:123456789012:function:fresh`,
    State: 'Pending',
    StateReasonCode: 'Creating',
    MemorySize: 128,
    Timeout: 3,
    Version: '$LATEST',
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: 512 },
    CodeSha256: expect.stringMatching(/^[\w+/]{43}=$/),
  });
  const pending =
    'The operation cannot be performed at this time. The function is currently in the following state: Pending';
  const refused = await refusal(mine.send(new InvokeCommand({ FunctionName: 'fresh' })));
  expect(refused).toEqual({ name: 'ResourceConflictException', status: 409, message: pending });
  const change = new UpdateFunctionConfigurationCommand({ FunctionName: 'fresh', Timeout: 9 });
  expect(await refusal(mine.send(change))).toMatchObject({ name: 'ResourceConflictException' });
  anHourLater();
  const { Configuration, Tags } = await mine.send(new GetFunctionCommand({ FunctionName: 'fresh' }));
  expect(Configuration).toMatchObject({ State: 'Active', LastUpdateStatus: 'Successful' });
  expect(Tags).toEqual({ owner: 'me' });
});

test('a name is taken once', async () => {
  await deploy(client, lambda.role, { name: 'taken' });
  const again = await refusal(client.send(new CreateFunctionCommand(input('taken'))));
  expect(again).toEqual({ name: 'ResourceConflictException', status: 409, message: 'Function already exist: taken' });
});

test('an update is in progress for a while; then calls meet what is new', async () => {
  const { slow, mine, anHourLater } = await slowLambda();
  await using _ = slow;
  const name = 'updated';
  await mine.send(new CreateFunctionCommand({ ...input(name), MemorySize: 512 }));
  anHourLater();
  const update = { FunctionName: name, ZipFile: zipped({ 'index.mjs': 'other' }), Publish: true };
  const before = await mine.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
  const after = await mine.send(new UpdateFunctionCodeCommand(update));
  expect(after.CodeSha256).not.toBe(before.CodeSha256);
  expect(after).toMatchObject({ Version: '1' });
  const during = await refusal(
    mine.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, MemorySize: 256 })),
  );
  expect(during.message).toContain('An update is in progress for resource: arn:aws:lambda');
  anHourLater();
  await mine.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, MemorySize: 256 }));
  const { Versions } = await mine.send(new ListVersionsByFunctionCommand({ FunctionName: name }));
  expect(Versions?.map(({ Version, MemorySize }) => [Version, MemorySize])).toEqual([
    ['$LATEST', 256],
    ['1', 512],
  ]);
  expect((await call(mine, `${name}:1`)).version).toBe('1');
});

test('functions are listed by name, in pages', async () => {
  for (const name of ['list-a', 'list-b', 'list-c', 'list-d'])
    await client.send(new CreateFunctionCommand(input(name)));
  const names: string[] = [];
  let pages = 0;
  for await (const { Functions } of paginateListFunctions({ client }, {})) {
    pages++;
    names.push(...(Functions ?? []).map(({ FunctionName }) => FunctionName!));
  }
  expect(names).toEqual([...names].sort());
  expect(names.filter(name => name.startsWith('list-'))).toEqual(['list-a', 'list-b', 'list-c', 'list-d']);
  expect(pages).toBe(Math.ceil(names.length / 3));
  const { Functions, NextMarker } = await client.send(new ListFunctionsCommand({ MaxItems: 1 }));
  expect(Functions).toHaveLength(1);
  expect(NextMarker).toBeDefined();
});

test('tags can be read and changed by ARN', async () => {
  const name = await deploy(client, lambda.role, { name: 'tagged', tags: { a: '1', b: '2' } });
  const Resource = lambda.functions().find(one => one.name === name)!.arn;
  await client.send(new TagResourceCommand({ Resource, Tags: { c: '3' } }));
  await client.send(new UntagResourceCommand({ Resource, TagKeys: ['a'] }));
  expect((await client.send(new ListTagsCommand({ Resource }))).Tags).toEqual({ b: '2', c: '3' });
});

test('a deleted function is not found any more, and its sandboxes end', async () => {
  const name = await deploy(client, lambda.role, { name: 'short-lived' });
  await call(client, name);
  const isThere = () => lambda.sandboxes().some(({ functionName }) => functionName === name);
  expect(isThere()).toBe(true);
  await client.send(new DeleteFunctionCommand({ FunctionName: name }));
  expect(isThere()).toBe(false);
  const message = 'Function not found: arn:aws:lambda:us-east-1:123456789012:function:short-lived';
  for (const again of [
    new GetFunctionCommand({ FunctionName: name }),
    new DeleteFunctionCommand({ FunctionName: name }),
  ]) {
    expect(await refusal(client.send(again as GetFunctionCommand))).toEqual({
      name: 'ResourceNotFoundException',
      status: 404,
      message,
    });
  }
  expect((await refusal(client.send(new InvokeCommand({ FunctionName: name })))).status).toBe(404);
});

test('settings of the account tell its limits and what is used', async () => {
  await using other = await startLambda({ thin: event => event, concurrency: 900, codeStorageBytes: 400 });
  const mine = testClient(other);
  const name = await deploy(mine, other.role, { name: 'one' });
  await mine.send(new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: 100 }));
  const { AccountLimit, AccountUsage } = await mine.send(new GetAccountSettingsCommand({}));
  expect(AccountLimit).toMatchObject({ ConcurrentExecutions: 900, UnreservedConcurrentExecutions: 800 });
  expect(AccountUsage).toMatchObject({ FunctionCount: 1 });
  const tooMany = new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: 801 });
  expect((await refusal(mine.send(tooMany))).message).toContain('below its minimum value of [100]');
  const tooMuch = deploy(mine, other.role, {
    name: 'two',
    files: { 'index.mjs': 'x'.repeat(9), 'more.bin': new Uint8Array(300).map((_, i) => (i * 97) % 251) },
  });
  expect((await refusal(tooMuch)).name).toBe('CodeStorageExceededException');
});

test('what Lambda does not take is refused with its code', async () => {
  const create = (change: object) => refusal(client.send(new CreateFunctionCommand({ ...input('bad'), ...change })));
  expect(await create({ Code: { ZipFile: new Uint8Array([1, 2, 3]) } })).toMatchObject({
    name: 'InvalidParameterValueException',
    message: expect.stringContaining('Could not unzip uploaded file'),
  });
  expect(await create({ MemorySize: 127 })).toMatchObject({ name: 'ValidationException', status: 400 });
  expect(await create({ Timeout: 901 })).toMatchObject({ name: 'ValidationException' });
  expect(await create({ EphemeralStorage: { Size: 511 } })).toMatchObject({ name: 'ValidationException' });
  expect(await create({ FunctionName: 'no spaces' })).toMatchObject({ name: 'ValidationException' });
  expect(await create({ Runtime: 'nodejs12.x' })).toMatchObject({ name: 'InvalidParameterValueException' });
  expect(await create({ Role: 'somebody' })).toMatchObject({ name: 'ValidationException' });
  expect(await create({ Environment: { Variables: { AWS_REGION: 'x' } } })).toMatchObject({
    name: 'InvalidParameterValueException',
    message: expect.stringContaining('Reserved keys used in this request: AWS_REGION'),
  });
  expect(await create({ Environment: { Variables: { A: 'x'.repeat(4096) } } })).toMatchObject({
    message: expect.stringContaining('exceeded the 4KB limit'),
  });
  expect(lambda.functions().some(({ name }) => name === 'bad')).toBe(false);
});

test('another region, another account, no signature and no permission are told apart', async () => {
  const elsewhere = testClient({ endpoint: lambda.endpoint, region: 'eu-west-1' });
  expect(await refusal(elsewhere.send(new ListFunctionsCommand({})))).toMatchObject({
    name: 'InvalidSignatureException',
    status: 403,
  });
  const foreign = new GetFunctionCommand({ FunctionName: 'arn:aws:lambda:us-east-1:999999999999:function:f' });
  expect(await refusal(client.send(foreign))).toMatchObject({ name: 'AccessDeniedException', status: 403 });
  const unsigned = await fetch(`${lambda.endpoint}/2015-03-31/functions`);
  expect(unsigned.status).toBe(403);
  await using strict = await startLambda({
    thin: event => event,
    authorize: ({ action }) => action !== 'DeleteFunction',
  });
  const mine = testClient(strict);
  const name = await deploy(mine, strict.role, {});
  expect(await refusal(mine.send(new DeleteFunctionCommand({ FunctionName: name })))).toMatchObject({
    name: 'AccessDeniedException',
  });
});
