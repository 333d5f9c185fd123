import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withLabel } from '../../labels/labelled.js';
import { FunctionExecutor } from '../function-executor.js';
import { sharedFile } from '../shared.js';
import { createFakeBackend, type FakeBackend } from '../testing/fake-backend.js';

let home: string;
let backend: FakeBackend;
let executor: FunctionExecutor;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-down-'));
  backend = createFakeBackend(({ item }) => item, {
    candidate: { site: { name: 'here', kind: 'here', clearance: 'internal' } },
  });
  executor = new FunctionExecutor({ backend, home });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await executor.close();
  rmSync(home, { recursive: true, force: true });
});

const secret = () => withLabel(['a patient'], 'restricted', 'the hospital');
const identity = (value: unknown): unknown => value;

describe('the label of a job', () => {
  it('is that of its items as they were at the call', async () => {
    const items: unknown[] = [secret()];
    const job = executor.map(identity, items);
    items.length = 0;
    await expect(job).rejects.toMatchObject({ code: 'POLICY' });
    expect(backend.jobs).toEqual([]);
  });

  it('is not passed by what a function captured', async () => {
    const patients = secret() as unknown as readonly string[];
    const both = { patients, shout: (name: string) => name.toUpperCase() };
    for (const fn of [() => patients[0], () => both.shout(both.patients[0]!)]) {
      await expect(executor.map(fn, [0])).rejects.toMatchObject({
        code: 'CANNOT_SHIP',
        message: expect.stringContaining('something with a label'),
      });
    }
  });

  it.each([
    ['an array', (item: Promise<unknown>) => [item]],
    ['a lazy input', (item: Promise<unknown>) => [item].values()],
  ])('is held against an item that is only to come, in %s', async (_, items) => {
    await expect(executor.map(identity, items(Promise.resolve(secret())))).rejects.toMatchObject({ code: 'POLICY' });
  });

  it('counts the files that its tasks share', async () => {
    writeFileSync(join(home, 'megalith.yaml'), 'policy: { paths: { "/data/patients/**": restricted } }\n');
    const shared = { patients: sharedFile('/data/patients/all.bin') };
    await expect(executor.map(identity, [1], { shared })).rejects.toMatchObject({ code: 'POLICY' });
  });

  it('is not what a secret calls it', async () => {
    const job = executor.map(identity, [1], { secrets: { MEGALITH_LABEL: 'public' } });
    await expect(job).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('is the highest within a task whose own nobody can read', async () => {
    vi.stubEnv('MEGALITH_LABEL', 'Restricted');
    await expect(executor.map(identity, [1])).rejects.toMatchObject({ code: 'POLICY' });
  });
});
