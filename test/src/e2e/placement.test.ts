import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { declassify, FunctionExecutor, type JobEvent } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../conformance/eventually.js';
import type { Ec2Simulator } from '../ec2/ec2-simulator.js';
import { bestInstanceHostKind, instanceHostsCan, startInstanceHosts } from '../ec2/hosts/start-instance-hosts.js';
import { startEc2 } from '../ec2/start-ec2.js';
import { startHosts } from '../hosts/start-hosts.js';
import type { TestHosts } from '../hosts/test-host.js';
import type { LambdaEmulator } from '../lambda/lambda-emulator.js';
import { startLambda } from '../lambda/start-lambda.js';
import { type CloudClient, cloudClient } from './cloud-client.js';

registerStandalone();

/** An organisation with one host of its own that patient data may go to, and two clouds that it may not. */
let hosts: TestHosts;
let ec2: Ec2Simulator;
let lambda: LambdaEmulator;
let client: CloudClient;
/** Of somebody who has the clouds alone. */
let cloudHome: string;
let events: JobEvent[];

const wasCalled = (): boolean => lambda.calls().some(({ action }) => action === 'Invoke');
const executor = (backend: 'auto' | readonly string[] = 'auto', home = client.home) =>
  new FunctionExecutor({ backend, home, onEvent: event => events.push(event) });
const audited = (home = client.home): Record<string, unknown>[] =>
  readFileSync(join(home, 'audit', 'log.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));

const isPossible = instanceHostsCan(await bestInstanceHostKind(), 'network');

describe.runIf(isPossible)('where data may go', { timeout: 90_000 }, () => {
  beforeAll(async () => {
    client = cloudClient();
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, client.env[name]);
    [hosts, ec2, lambda] = await Promise.all([
      startHosts(1),
      startInstanceHosts().then(machines => startEc2({ hosts: machines })),
      startLambda(),
    ]);
    const { name, ...host } = hosts.first.entry();
    const { region } = ec2;
    const clouds = {
      ec2: { region, endpoint: ec2.endpoint, admit: '127.0.0.1/32', idle: '6s', types: ['m6i.large'] },
      lambda: { region, endpoint: lambda.endpoint, role: lambda.role, arch: 'x64', memory: ['512MiB'] },
    };
    // What is here is nobody's patient: jobs of such data must leave this machine, or not run at all.
    const policy = { tags: { phi: 'restricted' }, here: 'internal' };
    const own = { policy, hosts: { [name]: { ...host, clearance: 'restricted' } } };
    cloudHome = join(client.folder, 'cloud');
    mkdirSync(cloudHome);
    // JSON is YAML.
    writeFileSync(join(client.home, 'megalith.yaml'), JSON.stringify({ ...own, ...clouds }));
    writeFileSync(join(cloudHome, 'megalith.yaml'), JSON.stringify(clouds));
  });
  afterAll(async () => {
    await Promise.all([hosts?.close(), ec2?.close(), lambda?.close()]);
    client.close();
  });
  beforeEach(() => {
    events = [];
  });

  it('patient data runs on the host that is cleared for it, waits there while it is full, and goes nowhere else', async () => {
    await using ours = executor();
    const { cpus } = (await ours.plan({ tags: ['phi'] })).chosen!;
    const gate = '/tmp/megalith-gate';
    const holder = ours.run(`echo held; while [ ! -e ${gate} ]; do sleep 0.05; done`, { tags: ['phi'], cpus });
    await eventually('the host is full', () => holder.logs.stdout.includes('held'), 40_000);
    const waiting = ours.command('echo {} on $(hostname)', ['scan'], { tags: ['phi'], deadline: '1h', budget: 100 });
    await eventually('it has its place', () => waiting.plan !== undefined, 40_000);
    const { chosen, candidates, label } = waiting.plan!;
    expect(label).toBe('restricted');
    expect(chosen).toMatchObject({ kind: 'host', site: { clearance: 'restricted' } });
    const reasons = candidates
      .filter(each => each.id !== chosen!.id)
      .map(({ kind, rejected }) => [kind, rejected?.reason]);
    expect(Object.fromEntries(reasons)).toMatchObject({ here: 'POLICY', new: 'POLICY', function: 'POLICY' });
    expect(waiting.future(0).state).toBe('pending');
    await hosts.first.exec(`touch ${gate}`);
    await waiting;
    expect(waiting.future(0).logs.stdout.trim()).toMatch(/^scan on /);
    await holder;
    expect([ec2.instances(), wasCalled()]).toEqual([[], false]);
  });

  it('what was made of it goes on in the cloud once it is declassified, and not before', async () => {
    const { megalith, json, folder, home } = client;
    writeFileSync(join(folder, 'patients.csv'), 'name,age\nAnn,41\nBo,36\n');
    const make = ['--tag', 'phi', '--input', 'patients.csv', '--output', 'ages.ndjson'];
    const made = await megalith('run', ...make, '--shell', 'tail -n +2 patients.csv | cut -d, -f2 > ages.ndjson');
    expect(made).toMatchObject({ code: 0 });
    writeFileSync(join(folder, 'age.mjs'), 'export const decade = age => Math.floor(age / 10) * 10;');
    const map = ['map', 'age.mjs#decade', '--data', 'ages.ndjson', '--backend', 'lambda'];
    const refused = await megalith(...map);
    expect(refused).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('POLICY') });
    expect(wasCalled()).toBe(false);
    const plan = (await json('plan', ...map)) as { chosen: null; labelRule: string };
    expect(plan).toMatchObject({
      chosen: null,
      label: 'restricted',
      labelRule: expect.stringContaining('ages.ndjson'),
    });

    const reason = ['--reason', 'ages alone name nobody'];
    expect(await megalith('declassify', 'ages.ndjson', '--to', 'internal', ...reason)).toMatchObject({ code: 0 });
    expect(await megalith(...map, '--quiet')).toMatchObject({ code: 0, stdout: '40\n30\n' });
    expect(wasCalled()).toBe(true);
    expect(audited().map(({ kind }) => kind)).toEqual(expect.arrayContaining(['refusal', 'declassify', 'placement']));
    expect(await megalith('audit', 'verify')).toMatchObject({ code: 0 });
    expect(existsSync(join(home, 'labels'))).toBe(true);

    // What is fetched later is as sensitive as what came at once.
    const { stdout } = await megalith('jobs', '--json');
    const { jobs } = JSON.parse(stdout) as { jobs: readonly { id: string; where: readonly string[] }[] };
    const { id } = jobs.find(({ where }) => where.includes(hosts.first.name))!;
    expect(await megalith('jobs', 'fetch', id, 'ages.ndjson:later.ndjson')).toMatchObject({ code: 0 });
    expect(await json('plan', ...map.with(3, 'later.ndjson'))).toMatchObject({ chosen: null, label: 'restricted' });
  });

  it('a job whose results are patient data gives futures that no cloud gets, until they are declassified', async () => {
    await using ours = executor();
    const secret = ours.command('echo {}', [1, 2], { tags: ['phi'] });
    await secret;
    await using cloud = executor(['lambda']);
    const age = ({ exitCode }: { exitCode: number }) => exitCode;
    await expect(cloud.map(age, secret)).rejects.toMatchObject({ code: 'POLICY' });
    const open = await declassify(secret, { to: 'internal', reason: 'exit codes name nobody', home: client.home });
    expect(await cloud.map(age, open)).toEqual([0, 0]);
  });

  it('a task that outgrows its function moves to a machine by itself, alone', async () => {
    await using ours = executor(['lambda', 'standalone'], cloudHome);
    const fill = (mebibytes: number) => {
      const parts: Buffer[] = [];
      for (let i = 0; i < mebibytes; i++) parts.push(Buffer.alloc(2 ** 20, i));
      return parts.length;
    };
    const job = ours.map(fill, [10, 900, 20], { expected: '1s', name: 'fill' });
    expect(await job).toEqual([10, 900, 20]);
    expect(job.plan?.chosen?.kind).toBe('function');
    expect(events.filter(({ type }) => type === 'escalating')).toMatchObject([{ index: 1 }]);
    expect(job.future(1).attempts).toMatchObject([{ failure: { code: 'OUT_OF_MEMORY' } }, { attempt: 2 }]);
    expect(audited(cloudHome).filter(({ kind }) => kind === 'escalation')).toMatchObject([{ name: 'fill', task: 1 }]);
  });
});
