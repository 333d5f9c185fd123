import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { eventually, within } from '../conformance/eventually.js';
import type { Ec2Simulator } from '../ec2/ec2-simulator.js';
import { bestInstanceHostKind, instanceHostsCan, startInstanceHosts } from '../ec2/hosts/start-instance-hosts.js';
import { startEc2 } from '../ec2/start-ec2.js';
import { bin, type CloudClient, cloudClient } from './cloud-client.js';

let ec2: Ec2Simulator;
let client: CloudClient;

const configured = (more: object = {}) => ({
  region: ec2.region,
  endpoint: ec2.endpoint,
  admit: '127.0.0.1/32',
  idle: '12s',
  ...more,
});
const allEnded = () =>
  eventually('all machines are terminated', () => ec2.instances().every(({ state }) => state === 'terminated'), 60_000);

afterEach(async () => {
  await ec2.close();
  client.close();
});

// Every machine listens at the same port, which only hosts with networks of their own do.
describe.runIf(instanceHostsCan(await bestInstanceHostKind(), 'network'))('one command', { timeout: 180_000 }, () => {
  beforeEach(async () => {
    client = cloudClient();
    ec2 = await startEc2({ hosts: await startInstanceHosts({ sharedFolder: client.folder }) });
    client.configure(configured());
  });

  it('makes a machine, runs there, and the machine ends; jobs that come in time use it too', async () => {
    // With one slot this machine is too small, and nobody says where else.
    const run = await client.megalith(
      'run',
      '-j',
      '1',
      '--memory',
      '2GiB',
      '--cpus',
      '2',
      '--shell',
      'hostname; echo e >&2',
    );
    const { id, type, zone } = ec2.instances()[0]!;
    expect(run).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ip(-\d+){4}\n$/) });
    const price = 'on-demand for \\$[\\d.]+ an hour';
    expect(run.stderr.split('\n')).toEqual([
      expect.stringMatching(
        `^ec2 ${ec2.region} ${type} on-demand: \\$[\\d.]+ in about .* \\(1 rejected: OVER_CPUS 1\\)$`,
      ),
      expect.stringMatching(`^asking ec2 for ${type}, ${price}, the cheapest of \\d+ types that fit$`),
      expect.stringMatching(`^${type} in ${zone} \\(${id}\\) boots, ${price}$`),
      expect.stringMatching(`^${id} serves, \\d+ s after it was asked for$`),
      'e',
      expect.stringMatching('^it cost \\$[\\d.]+$'),
      '',
    ]);

    writeFileSync(join(client.folder, 'square.mjs'), 'export const square = x => x * x;');
    writeFileSync(join(client.folder, 'data.json'), '[1, 2, 3]');
    const place = ['--backend', 'standalone', '-j', '2'];
    const map = await client.megalith('map', 'square.mjs#square', '--data', 'data.json', '--quiet', ...place);
    expect(map).toEqual({ code: 0, stdout: '1\n4\n9\n', stderr: '' });

    const gate = join(client.folder, 'gate');
    const work = `echo early; until [ -e ${gate} ]; do sleep 0.05; done; echo late`;
    const command = ['--backend', 'standalone', '--id', 'nightly', '--shell', work];
    expect(await client.megalith('run', '--detach', ...command)).toMatchObject({ code: 0, stdout: 'nightly\n' });
    const { machines } = (await client.json('machines')) as { machines: unknown[] };
    expect(machines).toContainEqual(
      expect.objectContaining({
        name: id,
        state: 'busy',
        usdPerHour: expect.any(Number),
        agent: expect.objectContaining({ leasedFor: 'nightly', expiresInMs: expect.any(Number) }),
      }),
    );
    writeFileSync(gate, '');
    expect(await client.megalith('jobs', 'attach', 'nightly')).toMatchObject({ code: 0, stdout: 'early\nlate\n' });
    expect(await client.megalith('run', '--quiet', ...command)).toEqual({
      code: 0,
      stdout: 'early\nlate\n',
      stderr: '',
    });
    expect(ec2.instances()).toHaveLength(1);

    await allEnded();
    // Its machine is no more, and the job is not begun a second time.
    expect(await client.megalith('run', ...command)).toMatchObject({ code: 2, stdout: '' });
    expect(await client.megalith('jobs', 'attach', 'nightly')).toMatchObject({ code: 0, stdout: 'early\nlate\n' });
    expect(ec2.instances()).toHaveLength(1);
  });

  it('that is interrupted while the machine boots ends it', async () => {
    const child = spawn(process.execPath, [bin, 'run', '--backend', 'standalone', '--', 'true'], {
      cwd: client.folder,
      env: client.env,
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const closed = once(child, 'close');
    let said = '';
    child.stderr.on('data', chunk => {
      said += chunk;
    });
    await eventually('the machine boots', () => said.includes('boots'));
    child.kill('SIGINT');
    expect(await within(20_000, 'the end of the command', closed)).toEqual([130, null]);
    expect(said).toMatch(/\ncancelling: the machine that was to be made is ended; [^\n]*\n$/);
    expect(ec2.instances().map(({ state }) => state)).toEqual(['terminated']);
  });
});

describe('what is wrong is one sentence and a hint', { timeout: 60_000 }, () => {
  beforeEach(async () => {
    ec2 = await startEc2({ consistencyLagMs: 0 });
    client = cloudClient();
  });

  /** What a command with this config says, and its exit code. */
  async function said(ec2Section: object, prepare: (one: CloudClient) => void, ...args: string[]): Promise<string> {
    const one = cloudClient();
    try {
      one.configure(ec2Section);
      prepare(one);
      const { code, stderr } = await one.megalith(...args);
      return `${stderr}${code}`;
    } finally {
      one.close();
    }
  }

  it('with the config, the credentials, the account and the job', async () => {
    const run = ['run', '--backend', 'standalone'];
    const none = (): void => undefined;
    const wrong: readonly (readonly [string, object, (one: CloudClient) => void, ...string[]])[] = [
      ['there are no credentials for .*\nhint: .*\ncode: NO_CREDENTIALS\n4', configured(), withoutKeys, ...run],
      [
        'EC2 in us-east-1 has no type "z99\\.\\*"\nhint: .*\ncode: NOT_CONFIGURED\n3',
        configured({ types: ['z99.*'] }),
        none,
        ...run,
      ],
      [
        '.*: of the largest, "u7i-.*", .* are needed\nhint: .*\ncode: OVER_MEMORY\n3',
        configured(),
        none,
        ...run,
        '--memory',
        '64TiB',
      ],
      [
        '.*: of the cheapest, .* at most \\$0.001 are .*\nhint: .*`maxUsdPerHour`.*\ncode: OVER_BUDGET\n5',
        configured({ maxUsdPerHour: 0.001 }),
        none,
        ...run,
      ],
      [
        'there is no subnet "subnet-0f" in us-east-1\nhint: .*\ncode: NOT_CONFIGURED\n3',
        configured({ subnets: ['subnet-0f'] }),
        none,
        ...run,
      ],
      [
        'in ".*megalith.yaml", line 1: ec2.endpoit is not known\nhint: did you mean "endpoint"\\?\ncode: CONFIG\n2',
        { region: 'us-east-1', endpoit: 'x' },
        none,
        ...run,
      ],
      ['".*" can.t be read or written: .*\nhint: .*\ncode: JOURNAL_FAILED\n6', configured(), withFileAsFolder, ...run],
    ];
    const found = await Promise.all(wrong.map(([, ...rest]) => said(...rest, '--', 'true')));
    expect(found).toEqual(
      wrong.map(([text]) => expect.stringMatching(new RegExp(`^(ec2 .*\n)?(asking .*\n)?error: ${text}$`))),
    );
    expect(ec2.instances()).toEqual([]);
  });

  it('and the doctor says so beforehand', async () => {
    client.configure(configured());
    const { findings } = (await client.json('doctor')) as { findings: { check: string }[] };
    const ofEc2 = findings.filter(({ check }) => check.startsWith('ec2'));
    expect(ofEc2).toMatchObject(
      ['account', 'image', 'network', 'key'].map(what => ({ check: `ec2 ${what}`, state: 'ok' })),
    );
    expect(ec2.requests.filter(({ action }) => !/^(Describe|Get)/.test(action))).toEqual([]);
  });
});

function withoutKeys({ env }: CloudClient): void {
  delete env.AWS_ACCESS_KEY_ID;
  delete env.AWS_SECRET_ACCESS_KEY;
}

/** As a home that can't be written to, which a privileged user could write to all the same. */
function withFileAsFolder({ home }: CloudClient): void {
  mkdirSync(join(home, 'cloud'));
  writeFileSync(join(home, 'cloud', 'intents'), '');
}
