import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { eventually, within } from '../conformance/eventually.js';
import type { Ec2Simulator } from '../ec2/ec2-simulator.js';
import { startEc2 } from '../ec2/start-ec2.js';
import { testClients } from '../ec2/test-clients.js';
import { bin, type CloudClient, cloudClient } from './cloud-client.js';

const self = `${userInfo().username}@${hostname()}`;
const denied = new Set<string>();
let ec2: Ec2Simulator;
let client: CloudClient;

beforeEach(async () => {
  denied.clear();
  ec2 = await startEc2({ consistencyLagMs: 0, authorize: ({ action }) => !denied.has(action) });
  client = cloudClient();
  client.configure({ region: ec2.region, endpoint: ec2.endpoint, admit: '127.0.0.1/32' });
});
afterEach(async () => {
  await ec2.close();
  client.close();
});

/** A machine that somebody made long ago, and whose end is past. */
async function expired(owner = self): Promise<string> {
  const clients = testClients(ec2.endpoint);
  const tags = { '': '1', ':owner': owner, ':expires': '2020-01-01T00:00:00Z', ':intent': '0123456789abcdef' };
  const Tags = Object.entries(tags).map(([name, Value]) => ({ Key: `megalith${name}`, Value }));
  const { Instances } = await clients.ec2.send(
    new RunInstancesCommand({
      ImageId: 'ami-0a1202300000086c4',
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1,
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    }),
  );
  clients.close();
  const id = Instances![0]!.InstanceId!;
  await eventually(`${id} runs`, () => ec2.instance(id)?.state === 'running');
  return id;
}

describe('megalith dismantle', () => {
  it('says what it would do, and does it when told so', async () => {
    const [mine, other] = [await expired(), await expired('ann@laptop')];
    const dry = await client.megalith('dismantle', '--dry-run');
    expect(dry).toMatchObject({ code: 0, stderr: '2 machines looked at, 1 thing to do\n' });
    expect(dry.stdout).toMatch(new RegExp(`^${mine}  terminate  its end has passed`, 'm'));
    expect(dry.stdout).toMatch(new RegExp(`^${other}  leave +it is of "ann@laptop"`, 'm'));
    expect(ec2.instance(mine)!.state).toBe('running');

    const done = await client.megalith('dismantle', '--once', '--json');
    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({
      clouds: [{ cloud: 'ec2', region: ec2.region, isComplete: true, deeds: [{ outcome: 'done' }], problems: [] }],
    });
    expect(ec2.instance(mine)!.state).toBe('terminated');
    expect(ec2.instance(other)!.state).toBe('running');
  });

  it('ends with 6 where a machine could not be ended, and where not all could be looked at', async () => {
    const id = await expired();
    denied.add('TerminateInstances');
    const failed = await client.megalith('dismantle', '--once');
    expect(failed).toMatchObject({ code: 6, stdout: expect.stringContaining(`terminate ${id}: failed`) });
    denied.clear();
    ec2.faults.add({ action: 'DescribeInstances', kind: 'error', code: 'InvalidParameterValue', status: 400 });
    expect(await client.megalith('dismantle', '--once')).toMatchObject({ code: 6 });
    expect(ec2.instance(id)!.state).toBe('running');
  });

  it('goes on until it is told to end, and leaves no pid file', { timeout: 60_000 }, async () => {
    const id = await expired();
    const child = spawn(process.execPath, [bin, 'dismantle', '--watch'], { cwd: client.folder, env: client.env });
    onTestFinished(() => void child.kill('SIGKILL'));
    const closed = once(child, 'close');
    const file = (name: string) => join(client.home, 'cloud', `dismantle.${name}`);
    await eventually('a sweep was done', () => existsSync(file('heartbeat')));
    expect(ec2.instance(id)!.state).toBe('terminated');
    expect(existsSync(file('pid'))).toBe(true);
    expect(await client.megalith('dismantle', '--watch')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`process ${child.pid}`),
    });
    child.kill('SIGTERM');
    expect(await within(20_000, 'the end of the watch', closed)).toEqual([0, null]);
    expect(existsSync(file('pid'))).toBe(false);
    expect(readFileSync(file('log'), 'utf8')).toContain(`terminate ${id}: done`);
  });

  it('prints units and a line for cron that name what is run', async () => {
    const { code, stdout } = await client.megalith('dismantle', '--install');
    expect(code).toBe(0);
    expect(stdout).toContain(`ExecStart=${process.execPath} ${bin} dismantle --watch`);
    expect(stdout).toContain(`MEGALITH_HOME=${client.home}`);
    expect(stdout).toMatch(/^\*\/5 \* \* \* \* .* dismantle --once /m);
    expect(stdout).not.toContain('secret');
  });
});

describe('commands that have to do with machines', () => {
  it('end those that are past their end', { timeout: 180_000 }, async () => {
    const tooLarge = ['run', '--backend', 'standalone', '--memory', '1PiB', '--', 'true'];
    for (const command of [['machines'], ['pool', 'ls'], tooLarge]) {
      const id = await expired();
      // Where this computer is slow, a sweep is cut off, and the next one does it.
      await eventually(
        `${command[0]} ends ${id}`,
        async () => {
          expect((await client.megalith(...command)).stderr).not.toContain('warning');
          return ['shutting-down', 'terminated'].includes(ec2.instance(id)!.state);
        },
        60_000,
      );
    }
  });

  it('warn in one line where that fails, and do their own work', { timeout: 90_000 }, async () => {
    ec2.faults.add({ action: 'DescribeInstances', kind: 'error', code: 'AuthFailure', status: 401 });
    const warning = await eventually(
      'there is a warning',
      async () => {
        const { code, stdout, stderr } = await client.megalith('machines');
        expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^local +local/m) });
        return stderr !== '' && stderr;
      },
      60_000,
    );
    expect(warning).toMatch(/^warning: not all cloud machines could be looked after: .*\n$/);
  });

  it('do not wait for a cloud that does not answer', async () => {
    ec2.faults.add({ action: '*', kind: 'reply-hung' });
    expect(await client.megalith('machines')).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(join(client.home, 'cloud', 'dismantle.lock'))).toBe(false);
  });
});

describe('what is wrong', () => {
  const commands = [
    ['dismantle', '--once'],
    ['dismantle', '--dry-run'],
    ['dismantle', '--watch'],
    ['dismantle', '--install'],
    ['ec2', 'iam'],
    ['pool', 'ls'],
    ['pool', 'drain'],
    ['pool', 'warm', '--cpus', '2'],
  ];

  it('with no cloud configured is told, with what to write where', { timeout: 60_000 }, async () => {
    writeFileSync(join(client.home, 'megalith.yaml'), '');
    const ends = await Promise.all(
      commands.map(async command => ({ command, ...(await client.megalith(...command)) })),
    );
    for (const { command, ...end } of ends) {
      expect({ command, ...end }).toEqual({
        command,
        code: 3,
        stdout: '',
        stderr:
          'error: no cloud is configured\nhint: write a section "ec2" with at least a "region" into megalith.yaml\ncode: NOT_CONFIGURED\n',
      });
    }
  });

  it('with the credentials ends with 4', { timeout: 60_000 }, async () => {
    ec2.faults.add({ action: '*', kind: 'error', code: 'AuthFailure', status: 401 });
    for (const command of [...commands.slice(0, 2), ...commands.slice(5)]) {
      const { code, stderr } = await client.megalith(...command);
      expect({ command, code, stderr }).toEqual({
        command,
        code: 4,
        stderr: expect.stringMatching(/^code: NO_CREDENTIALS$/m),
      });
    }
  });

  it.each([
    ['dismantle'],
    ['dismantle', '--once', '--watch'],
    ['pool', 'warm'],
    ['pool', 'warm', '--shape', 'r6i.large', '--cpus', '2'],
    ['pool', 'warm', '--cpus', '2', '--for', 'ever'],
    ['pool', 'warm', '--cpus', '2', '--for', '0s'],
    ['pool', 'warm', '--cpus', '2', '--count', '0'],
    ['ec2', 'iam', '--account', '12'],
  ])('with the command line ends with 2: %s %s %s', async (...command) => {
    expect(await client.megalith(...command)).toMatchObject({ code: 2, stdout: '' });
    expect(ec2.requests).toEqual([]);
  });
});

it('the policy is for what is configured, and asks AWS nothing', async () => {
  const whole = (await client.json('ec2', 'iam', '--account', '123456789012')) as { readonly Statement: object[] };
  const { stdout } = await client.megalith('ec2', 'iam', '--account', '123456789012');
  expect(JSON.parse(stdout)).toEqual(whole);
  expect(stdout).toContain(':123456789012:');
  const makesDoor = expect.objectContaining({ Sid: 'MakeDoor' });
  expect(whole.Statement).toContainEqual(makesDoor);
  client.configure({ region: ec2.region, securityGroup: 'sg-0123456789abcdef0' });
  expect(((await client.json('ec2', 'iam')) as typeof whole).Statement).not.toContainEqual(makesDoor);
  expect(ec2.requests).toEqual([]);
});
