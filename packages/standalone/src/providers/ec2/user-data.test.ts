import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { bootDeadlineScript } from './boot-deadline-script.js';
import { endScript } from './end-script.js';
import { mostUserDataBytes } from './launch-request.js';
import { scratchScript } from './scratch-script.js';
import { type UserDataOptions, userData } from './user-data.js';

const day = 86_400_000;
const options: UserDataOptions = {
  endsAt: Date.UTC(2026, 10, 22),
  maxLifetimeMs: day,
  bootMs: 600_000,
  hostKey: {
    privateText: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n-----END OPENSSH PRIVATE KEY-----\n',
    publicLine: 'ssh-ed25519 AAAA',
  },
  user: 'ec2-user',
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-user-data-'));
  mkdirSync(join(folder, 'bin'));
  for (const name of ['sh', 'mkdir', 'cat', 'chmod', 'stat', 'rm', 'cut']) {
    symlinkSync(
      execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(),
      join(folder, 'bin', name),
    );
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that notes how it was called, and then does this. */
function stub(name: string, then = ''): void {
  const path = join(folder, 'bin', name);
  writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>'${folder}/calls'\n${then}\n`);
  chmodSync(path, 0o755);
}

/** Runs it with nothing but the stubs and a few plain programs on the path. */
function run(script: string): { readonly status: number | null; readonly stderr: string } {
  const { status, stderr } = spawnSync('/bin/sh', ['-c', script], {
    env: { PATH: join(folder, 'bin') },
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stderr };
}

function calls(): string[] {
  return readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n');
}

function file(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

describe('the end', () => {
  const now = 1_800_000_000;
  const script = (leftS: number, lifetimeMs = day) =>
    endScript((now + leftS) * 1_000 + 999, lifetimeMs, join(folder, 'state'));
  const clock = () => writeFileSync(join(folder, 'bin', 'date'), `#!/bin/sh\necho ${now}\n`, { mode: 0o755 });
  const timer = (leftS: number) =>
    `systemd-run --quiet --no-block --unit=megalith-end --on-active=${leftS}s --timer-property=AccuracySec=1s ` +
    '--timer-property=DefaultDependencies=no --property=DefaultDependencies=no ' +
    '/bin/sh -c shutdown -h now; sleep 300; poweroff -f';

  it('is a timer of systemd’s, and stands in a file', () => {
    clock();
    stub('systemd-run');
    stub('shutdown');
    expect(run(script(7_200))).toEqual({ status: 0, stderr: '' });
    expect(calls()).toEqual([timer(7_200)]);
    expect(readFileSync(join(folder, 'state', 'end'), 'utf8')).toBe(`${now + 7_200}\n`);
  });

  it('is the same after another boot: what is left is less', () => {
    clock();
    stub('systemd-run');
    run(script(7_200));
    writeFileSync(join(folder, 'bin', 'date'), `#!/bin/sh\necho ${now + 7_000}\n`, { mode: 0o755 });
    run(script(7_200));
    expect(calls()).toEqual([timer(7_200), timer(200)]);
  });

  it.each(['', 'exit 1'])('is a delayed shutdown without systemd’s timer (%j)', fails => {
    clock();
    if (fails !== '') stub('systemd-run', fails);
    stub('shutdown');
    expect(run(script(7_259)).status).toBe(0);
    expect(calls().at(-1)).toBe('shutdown -h +120');
  });

  it('is a process that sleeps where neither works', async () => {
    clock();
    stub('systemd-run', 'exit 1');
    stub('shutdown', '[ "$2" = now ]');
    stub('sleep');
    stub('poweroff', `echo end >'${folder}/ended'`);
    expect(run(script(7_200)).status).toBe(0);
    await expect
      .poll(() => statSync(join(folder, 'ended'), { throwIfNoEntry: false })?.size, { timeout: 20_000 })
      .toBe(4);
    expect(calls().slice(1)).toEqual(['shutdown -h +120', 'sleep 7200', 'shutdown -h now', 'sleep 300', 'poweroff -f']);
  });

  it.each([-1_000_000, -1, 0, 59])('is now where %i s are left, and nothing else happens', leftS => {
    clock();
    for (const name of ['systemd-run', 'shutdown', 'poweroff']) stub(name);
    expect(run(script(leftS)).status).toBe(0);
    expect(calls()).toEqual(['shutdown -h now']);
    expect(statSync(join(folder, 'state'), { throwIfNoEntry: false })).toBeUndefined();
  });

  it('is forced where shutdown fails', () => {
    clock();
    stub('shutdown', 'exit 1');
    stub('poweroff');
    expect(run(script(0)).status).toBe(0);
    expect(calls()).toEqual(['shutdown -h now', 'poweroff -f']);
  });

  it('is not farther than the longest life where the clock is slow', () => {
    clock();
    stub('systemd-run');
    run(script(1_000_000_000, 3_600_000));
    expect(calls()).toEqual([timer(3_600)]);
  });

  it('is armed although the disk is full', () => {
    clock();
    stub('systemd-run');
    file('state', 'a file in the way');
    run(script(7_200));
    expect(calls()).toEqual([timer(7_200)]);
  });
});

describe('the deadline of a boot', () => {
  const served = 'home/.megalith/agents/abc/agent.json';
  /** @param meanwhile what happens until the time is over */
  const boot = (meanwhile: string, user = 'ann') => {
    stub('getent', `[ "$2" != ann ] || echo 'ann:x:0:0::${folder}/home:/bin/sh'`);
    stub('systemd-run', `for program; do :; done\n${meanwhile}\n/bin/sh -c "$program"`);
    stub('shutdown', 'exit 1');
    stub('poweroff');
    expect(run(bootDeadlineScript(user, 899_001))).toEqual({ status: 0, stderr: '' });
    return calls().filter(line => !/^(getent|systemd-run) /.test(line));
  };
  const end = ['shutdown -h now', 'poweroff -f'];

  it('ends the machine where no agent serves by then, whatever earlier boots have left', () => {
    file(served, '{}');
    expect(boot('')).toEqual(end);
    expect(calls().find(line => line.startsWith('systemd-run'))).toMatch(
      /^systemd-run .*--unit=megalith-boot --on-active=900s .* \/bin\/sh -c for /,
    );
  });

  it('leaves a machine alone whose agent serves by then', () => {
    mkdirSync(dirname(join(folder, served)), { recursive: true });
    expect(boot(`echo >'${folder}/${served}'`)).toEqual([]);
  });

  it('is that of a user whom only the first boot makes', () => {
    expect(boot('', 'bob')).toEqual(end);
  });

  it('is a process that sleeps without systemd', async () => {
    stub('sleep');
    boot('exit 1');
    await expect.poll(calls, { timeout: 20_000 }).toEqual(expect.arrayContaining(['sleep 900', ...end]));
  });
});

describe('scratch', () => {
  const scratch = () => join(folder, 'scratch');
  const script = (user = 'ann') => scratchScript(user, scratch(), folder);
  const disk = (name: string, model: string) => file(`sys/block/${name}/device/model`, `${model}\n`);
  const local = 'Amazon EC2 NVMe Instance Storage        ';
  const boot = (user = 'exit 1') => {
    disk('nvme0n1', 'Amazon Elastic Block Store');
    for (const name of ['mount', 'chown']) stub(name);
    stub('mountpoint', 'exit 1');
    stub('blkid', 'exit 2');
    stub('id', user);
  };

  it('is a folder that everybody may write to where there is no disk, nor the user yet', () => {
    boot();
    expect(run(script())).toEqual({ status: 0, stderr: '' });
    expect(calls()).toEqual(['id -u ann']);
    expect(statSync(scratch()).mode & 0o7777).toBe(0o1777);
  });

  it('is one disk, formatted and mounted, and never the one with the system', () => {
    boot('exit 0');
    disk('nvme1n1', local);
    stub('mkfs.xfs');
    expect(run(script()).status).toBe(0);
    expect(calls()).toEqual([
      `mountpoint -q ${scratch()}`,
      'blkid -L mlscratch',
      `mkfs.xfs -q -f -K -L mlscratch ${folder}/dev/nvme1n1`,
      `mount -o noatime ${folder}/dev/nvme1n1 ${scratch()}`,
      'id -u ann',
      `chown ann ${scratch()}`,
    ]);
    expect(statSync(scratch()).mode & 0o7777).toBe(0o755);
  });

  it('is ext4 without xfs', () => {
    boot();
    disk('nvme1n1', local);
    stub('mkfs.ext4');
    run(script());
    expect(calls()).toContain(`mkfs.ext4 -q -F -E nodiscard -L mlscratch ${folder}/dev/nvme1n1`);
  });

  it('keeps what is there after a reboot', () => {
    boot();
    disk('nvme1n1', local);
    stub('blkid', 'echo /dev/nvme1n1');
    stub('mkfs.xfs');
    run(script());
    expect(calls()).toContain(`mount -o noatime /dev/nvme1n1 ${scratch()}`);
    expect(calls().join()).not.toContain('mkfs');
  });

  it('leaves what is mounted as it is', () => {
    boot();
    disk('nvme1n1', local);
    stub('mountpoint');
    run(script());
    expect(calls()).toEqual([`mountpoint -q ${scratch()}`, 'id -u ann']);
  });

  it.each([
    [['mdadm', 'lvcreate', 'vgcreate', 'vgchange'], '/dev/md127', /^mdadm --create \/dev\/md127 .*--raid-devices=2 /],
    [['lvcreate', 'vgcreate', 'vgchange'], '/dev/mlscratch/data', /^lvcreate -y -n data -i 2 -l 100%FREE mlscratch$/],
    [[], 'nvme1n1', undefined],
  ] as const)('stripes several disks with what there is: %j', (programs, device, striped) => {
    boot();
    disk('nvme1n1', local);
    disk('nvme2n1', local);
    for (const name of ['mkfs.xfs', ...programs]) stub(name);
    expect(run(script()).status).toBe(0);
    const path = device.startsWith('/') ? device : `${folder}/dev/${device}`;
    expect(calls()).toContain(`mount -o noatime ${path} ${scratch()}`);
    if (striped !== undefined) expect(calls().some(line => striped.test(line))).toBe(true);
  });

  it('takes the first disk where striping fails', () => {
    boot();
    disk('nvme1n1', local);
    disk('nvme2n1', local);
    stub('mdadm', 'exit 1');
    stub('mkfs.xfs');
    run(script());
    expect(calls()).toContain(`mount -o noatime ${folder}/dev/nvme1n1 ${scratch()}`);
  });

  it('takes any word for a user', () => {
    boot('exit 0');
    expect(run(script(`o'neil; touch ${folder}/harm`)).status).toBe(0);
    expect(statSync(join(folder, 'harm'), { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe('user data', () => {
  it('is a cloud-config that arms the end first', () => {
    const text = userData({ ...options, authorizedKeys: ['ssh-ed25519 BBBB ann\n'] });
    expect(text.startsWith('#cloud-config\n')).toBe(true);
    expect(parse(text)).toEqual({
      bootcmd: [
        ['sh', '-c', endScript(options.endsAt, day)],
        ['sh', '-c', bootDeadlineScript('ec2-user', 900_000)],
        ['sh', '-c', scratchScript('ec2-user')],
      ],
      ssh_deletekeys: true,
      ssh_keys: {
        ed25519_private: options.hostKey.privateText,
        ed25519_public: 'ssh-ed25519 AAAA',
      },
      ssh_authorized_keys: ['ssh-ed25519 BBBB ann'],
      disable_root: true,
      ssh_pwauth: false,
      package_update: false,
      package_upgrade: false,
      repo_upgrade: 'none',
    });
  });

  it('leaves most of the room to keys', () => {
    expect(Buffer.byteLength(userData(options))).toBeLessThan(mostUserDataBytes / 3);
  });
});
