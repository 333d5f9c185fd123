import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, folder, isAlive, megalith, ndjson, patienceMs, start, until, useFolder } from './megalith.js';

process.env.MEGALITH_TEST_TOKEN = 'a-token-of-some-length';
useFolder();

beforeAll(() => {
  mkdirSync(join(folder, 'home'));
  writeFileSync(join(folder, 'home', 'megalith.yaml'), 'agent: {idle: 5s}\n');
  writeFileSync(join(folder, 'in.txt'), 'from here\n');
  writeFileSync(join(folder, 'none.txt'), '');
  writeFileSync(join(folder, 'none.json'), '[]');
});

afterAll(() => megalith(['machines', 'stop', 'local', '--force']));

const here = ['--host', 'local'] as const;
const shell = (line: string) => ['--', 'sh', '-c', line];

describe('a command on a machine', { timeout: patienceMs }, () => {
  it('ends as it ends there, and adds nothing to what it wrote', async () => {
    const { code, stdout, stderr } = await megalith(['run', ...here, ...shell('echo out; echo err >&2; exit 42')]);
    expect({ code, stdout, stderr }).toEqual({ code: 42, stdout: 'out\n', stderr: 'err\n' });
  });

  it("runs in the job's own folder, with its inputs; outputs are here before the command ends", async () => {
    const files = ['--input', 'in.txt:data/', '--output', 'made/', '--output', 'one:two'];
    const { code, stdout } = await megalith([
      'run',
      ...here,
      ...files,
      ...shell('ls; mkdir made; cat data/in.txt > made/copy; echo 1 > one'),
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'data\n' });
    expect(readFileSync(join(folder, 'made/copy'), 'utf8')).toBe('from here\n');
    expect(readFileSync(join(folder, 'two'), 'utf8')).toBe('1\n');
  });

  it('shows what it writes while it runs, also where files are to come', async () => {
    const gate = join(folder, 'live');
    const child = start([
      'run',
      ...here,
      '--output',
      'x',
      ...shell(`echo early; until test -e ${gate}; do sleep 0.05; done; touch x`),
    ]);
    const over = ended(child);
    await new Promise(resolve => child.stdout!.once('data', resolve));
    writeFileSync(gate, '');
    expect(await over).toMatchObject({ code: 0, stdout: 'early\n' });
    expect(existsSync(join(folder, 'x'))).toBe(true);
  });

  it('runs where --cwd says, which is a path there', async () => {
    expect((await megalith(['run', ...here, '--cwd', '/usr', '--', 'pwd'])).stdout).toBe('/usr\n');
    const refused = await megalith(['run', ...here, '--cwd', 'made', '--', 'pwd']);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('"--cwd made"') });
  });

  it('says that a command there reads nothing, where somebody gives it something', async () => {
    const { code, stdout, stderr } = await megalith(['run', ...here, '--', 'cat'], 'unread');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('--input');
  });

  it('does not run where its input is missing, and does not pass for done where its output is', async () => {
    const marker = join(folder, 'ran-without-input');
    const without = await megalith(['run', ...here, '--input', 'absent', '--', 'touch', marker]);
    expect(without).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('"absent" is not there') });
    expect(existsSync(marker)).toBe(false);
    const after = await megalith(['run', ...here, '--output', 'absent', '--json', '--', 'true']);
    expect(after.code).toBe(1);
    expect(JSON.parse(after.stdout)).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it('gets secrets from the environment and from files, and never from the command line', async () => {
    writeFileSync(join(folder, 'token'), 'a-token-in-a-file\n');
    const show = shell('echo $MEGALITH_TEST_TOKEN $FILED; echo "$MEGALITH_TEST_TOKEN$FILED" | wc -c');
    const secrets = ['--secret', 'MEGALITH_TEST_TOKEN', '--secret', 'FILED=@token'];
    const { stdout } = await megalith(['run', ...here, ...secrets, ...show]);
    expect(stdout).not.toContain('a-token');
    expect(stdout).toContain(`${'a-token-of-some-lengtha-token-in-a-file'.length + 1}\n`);

    for (const secret of ['NO_SUCH_VARIABLE', 'FILED=@absent', 'NAMED=s3cr3t-value', '=x']) {
      const refused = await megalith(['run', ...here, '--secret', secret, '--', 'true']);
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('hint: ') });
      expect(refused.stderr).not.toContain('s3cr3t');
    }
  });

  it('is cancelled there too by Ctrl-C', async () => {
    const pidFile = join(folder, 'far.pid');
    const child = start([
      'run',
      ...here,
      ...shell(`echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 600`),
    ]);
    const over = ended(child);
    await until('the command runs', () => existsSync(pidFile));
    child.kill('SIGINT');
    const { code, stderr } = await over;
    expect(code).toBe(130);
    expect(stderr).toContain('tasks on machines have 2s to end');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await until('the command is gone', () => !isAlive(pid));
  });

  it.each([
    ['a host that nobody knows', ['--host', 'nowhere'], 1, '"nowhere"'],
    ['a host of the backend local', ['--host', 'local', '--backend', 'local'], 2, '--host local'],
    ['files for the backend local', ['--input', 'in.txt', '--backend', 'local'], 3, 'standalone'],
    ['a file outside the folder of the job', [...here, '--output', '../up'], 2, '../up'],
    ['an id that is none', [...here, '--id', 'a/b'], 2, 'a/b'],
  ])('is refused for %s', async (_, flags, code, text) => {
    const refused = await megalith(['run', ...flags, '--', 'true']);
    expect(refused).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(text) });
  });

  it('is planned by a dry run, which starts nothing', async () => {
    const { code, stdout } = await megalith(['run', ...here, '--input', 'in.txt', '--dry-run', '--json', '--', 'true']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ chosen: { backend: 'standalone' } });
  });
});

describe('many tasks on a machine', { timeout: patienceMs }, () => {
  it('give their output in order, and files', async () => {
    const each = ['run', ...here, '--each', '-', '--keep-order', '--output', 'parts/'];
    const { code, stdout } = await megalith([...each, ...shell('mkdir -p parts; echo $0 | tee parts/$0')], 'a\nb\nc\n');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'a\nb\nc\n' });
    expect(readdirSync(join(folder, 'parts'))).toEqual(['a', 'b', 'c']);
  });

  it('bring files also where the input ends after the last of them', async () => {
    const child = start(
      ['run', ...here, '--each', '-', '--output', 'late/', ...shell('mkdir late; touch late/$0; echo $0')],
      'pipe',
    );
    const over = ended(child);
    child.stdin!.write('a\n');
    await new Promise(resolve => child.stdout!.once('data', resolve));
    child.stdin!.end();
    expect(await over).toMatchObject({ code: 0, stdout: 'a\n' });
    expect(readdirSync(join(folder, 'late'))).toEqual(['a']);
  });

  it('are functions too', async () => {
    const map = ['map', './work.ts#square', '--data', 'numbers.json', ...here];
    expect((await megalith(map)).stdout).toBe('1\n4\n9\n16\n');
    const missing = await megalith([...map, '--fetch', 'absent']);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('"absent"') });
  });

  it('may be none', async () => {
    const each = await megalith(['run', ...here, '--each', 'none.txt', '--json', '--', 'echo']);
    expect(each.code).toBe(0);
    expect(ndjson(each.stdout)).toMatchObject([{ type: 'summary', counts: { total: 0 } }]);
    expect(await megalith(['map', './work.ts#square', '--data', 'none.json', ...here])).toMatchObject({
      code: 0,
      stdout: '',
    });
    const left = await megalith(['run', '--detach', '--each', 'none.txt', '--', 'echo']);
    expect(left).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\w{12}\n$/) });
  });
});

describe('--detach', { timeout: patienceMs }, () => {
  it('prints the id alone and leaves; the job goes on', async () => {
    const gate = join(folder, 'gate');
    const { code, stdout, stderr } = await megalith([
      'run',
      '--detach',
      ...shell(`until test -e ${gate}; do sleep 0.05; done; echo through > ${gate}.passed`),
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\w{12}\n$/);
    expect(stderr).toContain(`megalith jobs attach ${stdout.trim()}`);
    const shown = await megalith(['machines', 'show', 'local', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      state: 'busy',
      agent: { running: 1, jobs: [{ id: stdout.trim() }] },
    });
    expect(await megalith(['machines', 'stop', 'local'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a job is not over'),
    });
    writeFileSync(gate, '');
    await until('the job ends', () => existsSync(`${gate}.passed`));
  });

  it('submits the same id once', async () => {
    const marker = join(folder, 'submitted');
    const submit = () =>
      megalith(['run', '--detach', '--json', '--id', 'just-once', ...shell(`echo run >> ${marker}; sleep 0.2`)]);
    const [first, second] = [await submit(), await submit()];
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(JSON.parse(second.stdout)).toMatchObject({ job: 'just-once', state: 'detached' });
    await until('it ran', () => existsSync(marker));
    expect(
      await megalith(['run', ...here, '--id', 'just-once', '--', 'sh', '-c', `echo run >> ${marker}; sleep 0.2`]),
    ).toMatchObject({ code: 0 });
    expect(readFileSync(marker, 'utf8')).toBe('run\n');
  });

  it('prints no id for a job that was not taken', async () => {
    const missing = await megalith(['run', '--detach', '--input', 'absent', '--', 'true']);
    expect(missing).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('"absent"') });
    const large = await megalith(['run', '--detach', '--memory', '4096TiB', '--', 'true']);
    expect(large).toMatchObject({ code: 3, stdout: '' });
  });

  it.each([
    ['run', '--detach', '--output', 'x', '--', 'true'],
    ['run', '--detach', '--each', 'in.txt', '--joblog', 'log', '--', 'echo'],
    ['map', './work.ts#square', '--data', 'numbers.json', '--detach', '--reduce', 'total'],
    ['run', '--detach', '--backend', 'local', '--', 'true'],
  ])('is refused where only a client that stays can do it: %s %s %s %s %s', async (...args) => {
    const refused = await megalith(args);
    expect([2, 3]).toContain(refused.code);
    expect(refused.stdout).toBe('');
  });
});

describe('megalith machines', { timeout: patienceMs }, () => {
  const listed = async () => JSON.parse((await megalith(['machines', '--json'])).stdout).machines;

  it('tells how a machine stands, from its first job to its end, and starts nothing', async () => {
    await megalith(['machines', 'stop', 'local', '--force']);
    expect(await listed()).toMatchObject([{ name: 'local', state: 'not started' }]);
    expect(await listed()).toMatchObject([{ name: 'local', state: 'not started' }]);
    expect(await megalith(['machines', 'drain', 'local'])).toMatchObject({ code: 0, stdout: 'not started\n' });

    await megalith(['run', ...here, '--', 'true']);
    expect(await listed()).toMatchObject([
      { state: 'warm', agent: { running: 0, reasons: ['it is kept for the next job'], endsInMs: expect.any(Number) } },
    ]);
    const gate = join(folder, 'drained');
    await megalith(['run', '--detach', ...shell(`until test -e ${gate}; do sleep 0.05; done`)]);
    expect((await megalith(['machines'])).stdout).toMatch(/^local +local +busy .* a job runs$/m);
    expect(await megalith(['machines', 'drain', 'local'])).toMatchObject({ code: 0, stdout: 'draining\n' });
    expect(await listed()).toMatchObject([{ state: 'draining' }]);
    expect(await megalith(['run', ...here, '--', 'true'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('takes no new jobs'),
    });
    writeFileSync(gate, '');
    for (;;) {
      const [{ state }] = await listed();
      if (state === 'not started') break;
      expect(state).toBe('draining');
    }
    expect(await megalith(['run', ...here, '--', 'echo', 'anew'])).toMatchObject({ code: 0, stdout: 'anew\n' });
    expect(await megalith(['machines', 'stop', 'local'])).toMatchObject({ code: 0, stdout: 'stopped\n' });
  });

  it('knows no machine that nobody configured', async () => {
    expect(await megalith(['machines', 'show', 'nowhere'])).toMatchObject({ code: 1, stdout: '' });
    expect(await megalith(['machines', 'ssh', 'local'])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('megalith doctor', { timeout: patienceMs }, () => {
  it('tells of the hosts that are configured', async () => {
    expect((await megalith(['doctor', '--hosts'])).stdout).toMatch(/^ok +hosts +none configured/m);
  });
});
