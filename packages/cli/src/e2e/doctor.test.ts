import { describe, expect, it } from 'vitest';
import { megalith, patienceMs, useFolder } from './megalith.js';

useFolder();

describe('megalith doctor', { timeout: patienceMs }, () => {
  it('finds that jobs can run here', async () => {
    const { code, stdout } = await megalith(['doctor', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
    expect(code).toBe(0);
  });

  it('describes what would travel with a function', async () => {
    const { stdout } = await megalith(['doctor', 'fn', './work.ts#square', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'square', bundleBytes: expect.any(Number), notPortable: [] });
  });
});

describe('megalith help', { timeout: patienceMs }, () => {
  it('explains the exit codes', async () => {
    expect((await megalith(['help', 'exit-codes'])).stdout).toContain('130');
  });
});
