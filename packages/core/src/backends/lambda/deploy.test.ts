import { expect, it } from 'vitest';
import { noNotes } from './cloud-notes.js';
import { Deployer } from './deploy.js';
import { createFakeLambda, refusal } from './testing/fake-lambda.js';
import { fakeWorld, notesInMemory } from './testing/fake-world.js';
import { testCode, testSettings } from './testing/settings.js';

function setup() {
  const api = createFakeLambda();
  const world = fakeWorld();
  const notes = notesInMemory();
  const open = (): Deployer => new Deployer({ settings: testSettings, api, code: async () => testCode, notes, world });
  return { api, world, notes, open };
}

it('makes a function with its tags, its size and the agent as it is here', async () => {
  const { api, open } = setup();
  const name = await open().ensure(1769);
  const made = api.functions.get(name);
  expect(made).toMatchObject({
    memoryMib: 1769,
    tmpMib: 512,
    arch: 'arm64',
    handler: 'lambda.handler',
    tags: { megalith: '1', 'megalith:owner': 'ann' },
  });
  expect(made?.zip).toEqual(await testCode.zip());
  expect(name.endsWith(made?.tags['megalith:agent'] ?? 'none')).toBe(true);
});

it('asks nothing for some minutes, in other programs of this home too', async () => {
  const { api, world, open } = setup();
  await open().ensure(512);
  api.asked.length = 0;
  const other = open();
  expect([...(await other.knownSizes())]).toEqual([512]);
  await other.ensure(512);
  expect(api.asked).toEqual([]);
  world.nowMs += 11 * 60_000;
  await open().ensure(512);
  expect(api.asked).toEqual(['GetFunction']);
});

it('makes one function for all who ask at once', async () => {
  const { api, open } = setup();
  const [one, other] = [open(), open()];
  const names = await Promise.all([one.ensure(512), one.ensure(512), other.ensure(512), one.ensure(1769)]);
  expect(new Set(names).size).toBe(2);
  expect(api.functions.size).toBe(2);
});

it('waits for a function that another client makes', async () => {
  const { api, open } = setup();
  const deployer = open();
  const name = await deployer.nameOf(512);
  let looks = 0;
  api.onAsk = (call, asked) => {
    if (call === 'CreateFunction') {
      // The other was first.
      void api.functions.set(asked, { state: { state: 'Pending', tags: {} } } as never);
    } else if (call === 'GetFunction' && ++looks === 4) {
      api.functions.set(asked, { state: { state: 'Active', tags: {} } } as never);
    }
  };
  expect(await deployer.ensure(512)).toBe(name);
  expect(looks).toBeGreaterThanOrEqual(4);
});

it('waits until a new role is known, and not for ever', async () => {
  const { api, world, open } = setup();
  const unknownRole = Object.assign(refusal('InvalidParameterValueException'), {
    message: 'The role defined for the function cannot be assumed by Lambda.',
  });
  let refusals = 3;
  api.onAsk = call => {
    if (call === 'CreateFunction' && refusals-- > 0) throw unknownRole;
  };
  await open().ensure(512);
  expect(api.functions.size).toBe(1);
  refusals = Number.POSITIVE_INFINITY;
  const before = world.nowMs;
  await expect(open().ensure(1769)).rejects.toMatchObject({
    code: 'CLOUD_FAILED',
    hint: expect.stringContaining('role'),
  });
  expect(world.nowMs - before).toBeLessThan(60_000);
});

it('makes one that has failed anew', async () => {
  const { api, open } = setup();
  const deployer = open();
  const name = await deployer.nameOf(512);
  api.functions.set(name, { state: { state: 'Failed', tags: {} } } as never);
  await deployer.ensure(512);
  expect(api.asked).toEqual(['GetFunction', 'DeleteFunction', 'CreateFunction']);
});

it('gives up on one that does not become active', async () => {
  const { api, open } = setup();
  const deployer = open();
  api.functions.set(await deployer.nameOf(512), { state: { state: 'Pending', tags: {} } } as never);
  await expect(deployer.ensure(512)).rejects.toMatchObject({ code: 'CLOUD_FAILED' });
});

it.each([
  ['AccessDeniedException', 403, 'NO_CREDENTIALS', 'lambda iam'],
  ['CodeStorageExceededException', 400, 'QUOTA', 'lambda clean'],
  ['UnrecognizedClientException', 403, 'NO_CREDENTIALS', 'aws sso login'],
])('says what to do about %s', async (name, status, code, hint) => {
  const { api, open } = setup();
  api.onAsk = call => {
    if (call === 'CreateFunction') throw refusal(name, status);
  };
  const deployer = open();
  await expect(deployer.ensure(512)).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) });
  // It may be mended by then.
  api.onAsk = () => undefined;
  await deployer.ensure(512);
});

it('forgets one that was found to be gone', async () => {
  const { api, notes, open } = setup();
  const deployer = open();
  const name = await deployer.ensure(512);
  api.functions.clear();
  await deployer.forget(512);
  expect((await notes.read()).seen).toEqual(noNotes.seen);
  expect(await deployer.ensure(512)).toBe(name);
  expect(api.functions.has(name)).toBe(true);
});

it('says that a function is in use once a day, whoever made it', async () => {
  const { api, world, open } = setup();
  const deployer = open();
  await deployer.ensure(512);
  await deployer.mark(512);
  expect(api.asked).toEqual(['GetFunction', 'CreateFunction']);
  world.nowMs += 86_400_000;
  api.asked.length = 0;
  const other = open();
  await other.ensure(512);
  await other.mark(512);
  await other.mark(512);
  await deployer.mark(512);
  expect(api.asked.filter(asked => asked === 'TagResource')).toHaveLength(1);
});
