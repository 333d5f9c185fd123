import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { configuredLambda } from './configured-lambda.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-configured-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

it('takes a store in a region that the policy keeps data from for one that is not cleared for it', async () => {
  writeFileSync(
    join(home, 'megalith.yaml'),
    `
policy: { regions: { confidential: [eu-central-1] } }
stores: { spill: { url: "s3://bucket/x", region: us-east-1, clearance: confidential } }
lambda: { region: eu-central-1, role: "arn:aws:iam::123456789012:role/x", clearance: confidential, store: spill }
`,
  );
  const lambda = await configuredLambda({ home, cwd: home });
  lambda.close();
  expect(lambda.store?.clearance).toBe('internal');
});
