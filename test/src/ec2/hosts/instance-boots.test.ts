import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../conformance/eventually.js';
import { newKeyPair } from '../../hosts/keys.js';
import { ssh2Connect } from '../../hosts/ssh-clients.js';
import { bootSpec, connected, instanceKinds, newLogin, openInstances, target, told } from './instances.fixture.js';
import { instanceHostsCan } from './start-instance-hosts.js';

/** User data that injects a host key, and its fingerprint. */
function withHostKey(rest = '') {
  const pair = newKeyPair('injected');
  const keys = { ed25519_private: pair.privateText, ed25519_public: pair.publicLine };
  return { fingerprint: pair.fingerprint, userData: `#cloud-config\nssh_keys: ${JSON.stringify(keys)}\n${rest}` };
}

describe.each(instanceKinds)('an instance on a host of kind %s', kind => {
  const can = instanceHostsCan.bind(undefined, kind);

  test('lets the key pair in by its login name, shows the injected host key, and obeys sudo', async () => {
    const hosts = await openInstances({ kind });
    const login = newLogin();
    const { fingerprint, userData } = withHostKey();
    const host = await hosts.boot(bootSpec({ userData, publicKey: login.publicKey }));
    const session = await connected(host, login);
    expect(session.fingerprint).toBe(fingerprint);
    expect(await told(session, 'sudo -n sh -c "exit 7"')).toEqual({ out: '', code: 7 });
    expect(await told(session, 'sudo -n -u root A=b env | grep ^A=; echo "$USER"')).toEqual({
      out: 'A=b\nubuntu\n',
      code: 0,
    });
    await expect(ssh2Connect(target(host, newLogin()))).rejects.toThrow(/authentication methods failed/);
    await expect(ssh2Connect(target(host, login, 'ec2-user'))).rejects.toThrow(/authentication methods failed/);
    session.client.end();
  });

  test.skipIf(!can('user-data'))('does what its user data says, in the order of cloud-init', async () => {
    const hosts = await openInstances({ kind });
    const [login, other] = [newLogin(), newLogin()];
    const userData = `#cloud-config
bootcmd:
  - echo "boot $(id -u) $(test -e /etc/written; echo $?) $(pgrep -c sshd)" >> /order
write_files:
  - { path: /etc/written, content: "it's\\n", permissions: '0640', owner: 'daemon:daemon' }
ssh_authorized_keys: ['${other.publicKey.trim()}']
runcmd:
  - [sh, -c, 'echo "run $(cat /etc/written)" >> /order']
`;
    const host = await hosts.boot(bootSpec({ userData, publicKey: login.publicKey }));
    const session = await connected(host, login);
    (await connected(host, other)).client.end();
    await told(session, 'until test -e /var/lib/cloud/instance/boot-finished; do sleep 0.02; done');
    expect(await told(session, 'cat /order; stat -c "%a %U:%G" /etc/written')).toEqual({
      out: "boot 0 1 0\nrun it's\n640 daemon:daemon\n",
      code: 0,
    });
    expect(existsSync('/order')).toBe(false);
    expect((await told(session, 'hostname')).out).toBe(`ip-${host.privateAddress.replaceAll('.', '-')}\n`);
    const root = await connected(host, login, 'root');
    expect(await told(root, 'true')).toMatchObject({ code: 142, out: expect.stringContaining('user "ubuntu"') });
    for (const { client } of [session, root]) client.end();
  });

  test.skipIf(!can('user-data'))('shows another host key after it was replaced and sshd reloaded', async () => {
    const hosts = await openInstances({ kind });
    const login = newLogin();
    const { fingerprint, userData } = withHostKey();
    const host = await hosts.boot(bootSpec({ userData, publicKey: login.publicKey }));
    const session = await connected(host, login);
    const replace =
      'sudo -n sh -c "rm /etc/ssh/ssh_host_ed25519_key && ssh-keygen -q -t ed25519 -N \'\' -f /etc/ssh/ssh_host_ed25519_key && systemctl reload ssh"';
    expect(await told(session, replace)).toEqual({ out: '', code: 0 });
    session.client.end();
    await eventually('it shows the new key', async () => {
      const next = await connected(host, login);
      next.client.end();
      return next.fingerprint !== fingerprint;
    });
  });

  test('shuts down for who is root, and says so', async () => {
    const hosts = await openInstances({ kind });
    const login = newLogin();
    const host = await hosts.boot(bootSpec({ publicKey: login.publicKey }));
    const session = await connected(host, login);
    expect(await told(session, 'shutdown -h now')).toMatchObject({ code: 1 });
    expect(await told(session, 'sudo -n shutdown -h tomorrow')).toMatchObject({ code: 1 });
    await session.start('setsid sleep 600 </dev/null >/dev/null 2>&1 & sudo -n shutdown -P now');
    await host.off;
    await eventually('the connection is closed', session.isClosed);
    await host.powerOff();
    await host.destroy();
  });

  test('shuts down later, unless that is taken back', async () => {
    const hosts = await openInstances({ kind, minuteMs: 300 });
    const login = newLogin();
    const host = await hosts.boot(bootSpec({ publicKey: login.publicKey }));
    const session = await connected(host, login);
    const later = 'sudo -n shutdown -h +1; sudo -n shutdown -c; sudo -n shutdown -h +100000; sleep 1; echo alive';
    expect(await told(session, later)).toEqual({ out: 'alive\n', code: 0 });
    expect(await told(session, 'sudo -n shutdown -P +1')).toEqual({ out: '', code: 0 });
    await host.off;
  });

  test.skipIf(!can('user-data'))('is shut down by its user data before SSH answers', async () => {
    const hosts = await openInstances({ kind, minuteMs: 200 });
    const userData = '#cloud-config\nbootcmd: [shutdown -h +1, sleep 1000]\n';
    const host = await hosts.boot(bootSpec({ userData }));
    await host.off;
  });

  test('keeps its disk over a stop, and only its boot commands run again', async () => {
    const hosts = await openInstances({ kind });
    const login = newLogin();
    const { fingerprint, userData } = withHostKey('bootcmd: [echo boot >> /order]\nruncmd: [echo run >> /order]\n');
    const host = await hosts.boot(bootSpec({ userData, publicKey: login.publicKey }));
    const session = await connected(host, login);
    await told(session, 'echo kept > file; sync');
    const finished = 'until test -e /var/lib/cloud/instance/boot-finished; do sleep 0.02; done';
    if (can('user-data')) await told(session, finished);
    const before = host.publicAddress;
    let off = false;
    void host.off.then(() => {
      off = true;
    });
    await host.powerOff();
    await host.powerOff();
    await eventually('the connection is closed', session.isClosed);
    await host.powerOn();
    const again = await connected(host, login);
    expect(again.fingerprint).toBe(fingerprint);
    expect(await told(again, 'cat file')).toEqual({ out: 'kept\n', code: 0 });
    if (can('user-data')) {
      await eventually('runcmd has run', async () => (await told(again, finished)).code === 0);
      expect((await told(again, 'cat /order')).out).toBe('boot\nrun\nboot\n');
    }
    expect(host.publicAddress !== before).toBe(can('network'));
    expect(off).toBe(false);
    await again.start('sudo -n poweroff');
    await host.off;
    await host.powerOn();
    (await connected(host, login)).client.end();
  });

  test.skipIf(!can('network'))('is reached by its public address, which others get after it', async () => {
    const hosts = await openInstances({ kind });
    const login = newLogin();
    const host = await hosts.boot(bootSpec({ publicKey: login.publicKey }));
    await connected(host, login).then(({ client }) => client.end());
    const outside = { ...target(host, login), address: host.publicAddress };
    const session = await ssh2Connect(outside);
    expect((await told(session, 'hostname')).out).toContain(host.privateAddress.replaceAll('.', '-'));
    session.client.end();
  });

  test.skipIf(!can('metadata'))('learns of itself by a token only, and of its interruption', async () => {
    const hosts = await openInstances({ kind });
    const login = newLogin();
    const spec = bootSpec({ publicKey: login.publicKey, market: 'spot', userData: '#!/bin/sh\ntrue\n' });
    const host = await hosts.boot(spec);
    const other = await hosts.boot(bootSpec());
    const script = `
      const base = 'http://169.254.169.254/latest/';
      const none = await fetch(base + 'meta-data/instance-id');
      const made = await fetch(base + 'api/token', { method: 'PUT', headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' } });
      const headers = { 'x-aws-ec2-metadata-token': await made.text() };
      const answers = [none.status];
      for (const path of ['meta-data/instance-id', 'user-data', 'meta-data/local-ipv4', 'meta-data/spot/instance-action']) {
        const answer = await fetch(base + path, { headers });
        answers.push(answer.ok ? await answer.text() : answer.status);
      }
      console.log(JSON.stringify(answers));`;
    const ask = async (machine = host.machine!) => {
      const { stdout, stderr } = await machine.exec(`node --input-type=module -e '${script.replaceAll("'", `'\\''`)}'`);
      return stderr === '' ? (JSON.parse(stdout) as unknown[]) : [stderr];
    };
    await connected(host, login).then(({ client }) => client.end());
    const expected = [401, spec.instanceId, spec.userData, host.privateAddress];
    expect(await ask()).toEqual([...expected, 404]);
    host.noticeInterruption(new Date('2026-01-02T03:04:05Z'));
    const action = await eventually('it is told', async () => {
      const { 4: action } = await ask();
      return typeof action === 'string' && action;
    });
    expect(JSON.parse(action)).toEqual({ action: 'terminate', time: '2026-01-02T03:04:05Z' });
    const { 4: others } = await eventually('the other answers', async () => {
      const answers = await ask(other.machine!).catch(() => []);
      return answers[0] === 401 && answers;
    });
    expect(others).toBe(404);
  });
});
