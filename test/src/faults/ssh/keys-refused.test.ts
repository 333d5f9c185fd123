import { describe, expect, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { failureOf } from '../../conformance/failure-of.js';
import { expectTidy } from './aftermath.js';
import { openField } from './field.js';
import { hostTime } from './tasks.js';

const untouched = 'ls -A | grep megalith; true';

describe('a key', () => {
  test('that the host does not let in is refused with the user and the layer, and nothing is done there', async () => {
    const field = await openField();
    const { first } = field;
    await first.faults.removeKey();
    const executor = await field.executor();
    const error = await failureOf(executor.map(hostTime, [1]));
    expect(error).toMatchObject({ code: 'SSH_FAILED', exitCode: 6, details: { layer: 'key', host: 'host1' } });
    expect(error.message).toContain(first.user);
    expect(error.hint).toBeTruthy();
    expect((await first.exec(untouched)).stdout).toBe('');
    await first.faults.restoreKey();
    expect((await within(30_000, 'the next job', executor.map(hostTime, [1]))).length).toBe(1);
    await expectTidy(first);
  });

  test('of a host that changed is refused with both fingerprints and the line to write', async () => {
    const field = await openField();
    const { first } = field;
    const next = await first.faults.changeHostKey();
    const executor = await field.executor();
    const error = await failureOf(executor.map(hostTime, [1]));
    expect(error).toMatchObject({ code: 'HOST_KEY', exitCode: 6, details: { layer: 'hostKey', changed: true } });
    expect(error.message).toContain(next);
    expect(error.message).toContain(first.hostKeys[0]);
    expect(error.hint).toContain(`hostKeys: ["${next}"]`);
    expect((await first.exec(untouched)).stdout).toBe('');
  });

  test('of a host that nobody has pinned is refused with the fingerprint and the line to write', async () => {
    const field = await openField();
    const home = field.newHome(entry => ({ ...entry, hostKeys: [] }));
    const error = await failureOf((await field.executor({ home })).map(hostTime, [1]));
    expect(error).toMatchObject({ code: 'HOST_KEY', exitCode: 6, details: { layer: 'hostKey', changed: false } });
    expect(error.message).toContain(`is unknown: it shows ${field.first.hostKeys[0]}`);
    expect(error.hint).toContain(`hostKeys: ["${field.first.hostKeys[0]}"]`);
    expect((await field.first.exec(untouched)).stdout).toBe('');
  });

  test('that changes while a job runs ends the waiting at once, with the way back to the job', async () => {
    const field = await openField();
    const { first } = field;
    const executor = await field.executor();
    const job = executor.run(['sleep', '600'], { id: 'sleeper', name: 'sleeper' });
    job.catch(() => undefined);
    await eventually('the command runs', () => first.processes().some(({ command }) => /^sleep 600/.test(command)));
    await first.faults.changeHostKey();
    await first.faults.killSshdSessions();
    const error = await failureOf(job);
    expect(error.code).toBe('CONTACT_LOST');
    expect(error.message).toMatch(/host key of "host1" .* has changed/);
    expect(error.hint).toContain('megalith jobs attach sleeper');
  });
});
