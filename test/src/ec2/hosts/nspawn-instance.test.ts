import { once } from 'node:events';
import { createConnection } from 'node:net';
import { describe, expect, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { untilGreeted } from '../../hosts/banner.js';
import { controlGroups } from '../../hosts/control-groups.js';
import { instanceImage } from './instance-image.js';
import { bootSpec, connected, newLogin, openInstances, told } from './instances.fixture.js';
import { ourUserData } from './our-user-data.js';

const kind = 'nspawn';

/** When systemd will start the end, and the deadline of the boot, in seconds of an epoch. */
const timers = 'for name in end boot; do systemctl show -P NextElapseUSecMonotonic megalith-$name.timer; done';

async function bootedWithOurs(lifeMs?: number) {
  const hosts = await openInstances({ kind });
  const login = newLogin();
  const { text, hostKey } = await ourUserData(lifeMs);
  const host = await hosts.boot(bootSpec({ userData: text, publicKey: login.publicKey, market: 'spot' }));
  return { host, login, hostKey };
}

describe.skipIf(instanceImage() === undefined)('an instance with systemd and cloud-init itself', () => {
  test('has done what our user data says before anybody can log in', async () => {
    const { host, login, hostKey } = await bootedWithOurs();
    const session = await connected(host, login);
    expect(session.fingerprint).toBe(hostKey.fingerprint);
    const armed = (await told(session, timers)).out.trim().split('\n');
    expect(armed.map(text => /\d+(min|h|d)/.test(text))).toEqual([true, true]);
    const seen = await told(
      session,
      'cd /etc/ssh; ls ssh_host_*; stat -c "%a %U" ssh_host_ed25519_key /scratch; sudo -n id -u',
    );
    expect(seen).toEqual({ code: 0, out: 'ssh_host_ed25519_key\nssh_host_ed25519_key.pub\n600 root\n1777 root\n0\n' });
    const end = Number((await told(session, 'cat /var/lib/megalith/end')).out) * 1_000 - Date.now();
    expect(end / 60_000).toBeGreaterThan(50);
    expect(end / 60_000).toBeLessThanOrEqual(60);
    const root = await connected(host, login, 'root');
    expect(await told(root, 'true')).toMatchObject({ code: 142, out: expect.stringContaining('user "ubuntu"') });
    // It asked by a token, or it would know nothing of EC2.
    const status = await told(session, 'cloud-init status --wait --long; sudo -n cloud-init schema --system');
    expect(status.out).toContain('status: done');
    expect(status.out).toContain('DataSourceEc2');
    expect(status.out).toContain('Valid cloud-config');
    expect((await told(session, 'systemctl --failed --quiet; hostname')).out).toBe(`${nameOf(host.privateAddress)}\n`);
    for (const { client } of [session, root]) client.end();
  });

  test('keeps its disk and its end over a reboot and a stop, after which it has another address', async () => {
    const { host, login, hostKey } = await bootedWithOurs();
    const ask = async (command: string) => {
      const session = await connected(host, login);
      const { out } = await told(session, command);
      session.client.end();
      expect(session.fingerprint).toBe(hostKey.fingerprint);
      return out;
    };
    const look = 'systemctl is-active megalith-end.timer; cat /var/lib/megalith/end; ls';
    const address = host.publicAddress;
    const end = await ask('cat /var/lib/megalith/end; touch ~/kept; sudo -n touch /run/boot; sudo -n systemctl reboot');
    await eventually('it has rebooted', async () => (await ask('ls /run/boot 2>&1')).includes('No such file'), 40_000);
    expect(host.publicAddress).toBe(address);
    expect(await ask(look)).toBe(`active\n${end}kept\n`);
    await host.powerOff();
    await host.powerOn();
    expect(await ask(`${look}; stat -c %U /scratch`)).toBe(`active\n${end}kept\nubuntu\n`);
    expect(host.publicAddress).not.toBe(address);
  });

  test('ends when its timers elapse: that of the boot unless an agent serves, that of the end in any case', async () => {
    const { host, login } = await bootedWithOurs();
    const elapse = (name: string) => `sudo -n systemctl start --wait megalith-${name}.service; echo $?`;
    const session = await connected(host, login);
    const serving = 'mkdir -p ~/.megalith/agents/a && touch ~/.megalith/agents/a/agent.json';
    expect((await told(session, `${serving}; ${elapse('boot')}`)).out).toBe('0\n');
    // That did not end it.
    expect((await told(session, 'rm ~/.megalith/agents/a/agent.json; systemctl is-system-running --wait')).out).toBe(
      'running\n',
    );
    await session.start(elapse('boot'));
    await host.off;
    await host.powerOn();
    const again = await connected(host, login);
    await told(again, serving);
    await again.start(elapse('end'));
    await host.off;
  });

  test('goes at once where its end is past', async () => {
    const { host } = await bootedWithOurs(-1_000);
    await host.off;
  });

  test('ends by shutdown, and says so; without power, nobody hears of it', async () => {
    const before = controlGroups().length;
    const hosts = await openInstances({ kind });
    const login = newLogin();
    const [one, other] = await Promise.all([1, 2].map(() => hosts.boot(bootSpec({ publicKey: login.publicKey }))));
    const [session] = await Promise.all([connected(one!, login), untilGreeted(other!.privateAddress, other!.port)]);
    await session.start('sudo -n shutdown -h now');
    await one!.off;
    await eventually('the connection is closed', session.isClosed);
    const socket = createConnection({ host: other!.publicAddress, port: other!.port });
    await within(20_000, 'a greeting', once(socket, 'data'));
    const heard: string[] = [];
    for (const event of ['end', 'error', 'close']) socket.on(event, () => heard.push(event));
    await other!.destroy();
    await one!.destroy();
    expect(heard).toEqual([]);
    socket.destroy();
    await hosts.close();
    expect(controlGroups().length).toBe(before);
  });
});

function nameOf(address: string): string {
  return `ip-${address.replaceAll('.', '-')}`;
}
