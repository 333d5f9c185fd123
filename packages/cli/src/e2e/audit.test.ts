import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabelBook, openAudit } from '@megalith/core';
import { describe, expect, it } from 'vitest';
import { folder, megalith, patienceMs, useFolder } from './megalith.js';

useFolder();

describe('megalith audit, labels and declassify', { timeout: patienceMs }, () => {
  it('show labels, lower one with a reason, and find what was changed in the log', async () => {
    const home = join(folder, 'home');
    const file = join(folder, 'out', 'table.csv');
    mkdirSync(join(folder, 'out'));
    writeFileSync(file, 'n\n');
    await new LabelBook(home).note(file, 'restricted', 'job "clean" (2f9c)');
    const audit = openAudit(home, { who: 'ann@lab' });
    await audit.append({ kind: 'label', paths: [file], label: 'restricted', from: 'job "clean" (2f9c)' });
    await audit.close();

    const [listed, asked, hasty, lowered] = [
      await megalith(['labels']),
      await megalith(['labels', 'out', '--json']),
      await megalith(['declassify', 'out', '--to', 'internal', '--reason', 'short']),
      await megalith(['declassify', 'out', '--to', 'internal', '--reason', 'names were removed']),
    ];
    expect(listed.stdout).toContain(`restricted  ${file}  job "clean" (2f9c)`);
    expect(JSON.parse(asked.stdout)).toEqual({
      labels: [{ path: 'out', label: 'restricted', rule: `"${file}" (job "clean" (2f9c)) is restricted` }],
    });
    expect([hasty.code, hasty.stderr]).toEqual([2, expect.stringContaining('10 characters')]);
    expect([lowered.code, lowered.stdout]).toEqual([0, 'out: restricted → internal\n']);

    const shown = await megalith(['audit', 'show', '-n', '1']);
    expect(shown.stdout).toMatch(/declassify +restricted → internal +.*out +names were removed/);
    const whole = await megalith(['audit', 'verify']);
    expect([whole.code, whole.stdout]).toEqual([0, expect.stringContaining('is whole: 2 entries')]);
    const head = /^head ([0-9a-f]{64})$/m.exec(whole.stdout)![1]!;
    expect((await megalith(['audit', 'verify', '--head', head])).code).toBe(0);

    const log = join(home, 'audit', 'log.ndjson');
    writeFileSync(log, readFileSync(log, 'utf8').replace('names were removed', 'names were retained'));
    const changed = await megalith(['audit', 'verify', '--json']);
    expect(changed.code).toBe(1);
    expect(JSON.parse(changed.stdout)).toMatchObject({ ok: false, firstProblem: { file: log, line: 2 } });
    expect((await megalith(['audit', 'verify'])).stderr).toContain('was changed after it was written');
  });
});
