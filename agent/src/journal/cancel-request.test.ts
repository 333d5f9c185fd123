import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CancelRequest, requestCancel, watchCancelRequest } from './cancel-request.js';
import { jobFolder } from './home.js';

let home: string;
let folder: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-home-'));
  folder = jobFolder(home, 'job-1');
  mkdirSync(folder, { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true }));

function nextRequest(): Promise<CancelRequest> {
  return new Promise((resolve, reject) => watchCancelRequest(folder, resolve, reject));
}

describe('a cancel request', () => {
  it('reaches the host that watches the job', async () => {
    const seen = nextRequest();
    await requestCancel(home, 'job-1', 'no longer needed');
    expect(await seen).toMatchObject({ reason: 'no longer needed' });
  });

  it('reaches a host that watches only later', async () => {
    await requestCancel(home, 'job-1', 'first');
    await requestCancel(home, 'job-1', 'second');
    expect(await nextRequest()).toMatchObject({ reason: 'second' });
  });

  it('that cannot be read is reported', async () => {
    writeFileSync(join(folder, 'cancel'), 'not JSON');
    await expect(nextRequest()).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
  });

  it('for a job that does not exist is NOT_FOUND', async () => {
    await expect(requestCancel(home, 'job-2', 'x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
