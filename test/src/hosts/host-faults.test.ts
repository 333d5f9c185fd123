import { describe, expect, test } from 'vitest';
import { eventually } from '../conformance/eventually.js';
import { availableKinds, kindCan } from './host-kinds.js';
import { nextText, openSsh, ssh2Connect, sshArguments } from './ssh-clients.js';
import { startHosts } from './start-hosts.js';

const kinds = await availableKinds();
const kind = 'namespaces';

describe.skipIf(!kinds.includes(kind))('hosts in namespaces', () => {
  test.each([
    ['that is cut off', 'cutOff', 'heal', '1'],
    ['without a link', 'linkDown', 'linkUp', '0'],
  ] as const)('one %s is silent, and its connections go on afterwards', async (_, fail, mend, carrier) => {
    await using hosts = await startHosts(2, { kind });
    const [host, other] = [hosts.all[0]!, hosts.all[1]!];
    const { client, start, isClosed } = await ssh2Connect(host);
    const echo = await start('cat');
    await host.faults[fail]();
    const heard: string[] = [];
    echo.on('data', (data: Buffer) => heard.push(String(data)));
    echo.write('hello');
    const attempt = await openSsh(host, 'true', '-o', 'ConnectTimeout=4');
    expect(attempt).toMatchObject({ code: 255, stderr: expect.stringContaining('Connection timed out') });
    const fromInside = await host.exec(`timeout 1 bash -c 'exec 3<>/dev/tcp/${other.address}/22'`);
    expect(fromInside.code).toBe(124);
    expect((await openSsh(other, 'true')).code).toBe(0);
    expect((await host.exec('cat /sys/class/net/eth0/carrier')).stdout.trim()).toBe(carrier);
    expect([heard, isClosed()]).toEqual([[], false]);
    await host.faults[mend]();
    await eventually('the answer comes', () => heard.includes('hello'));
    expect((await openSsh(host, 'true')).code).toBe(0);
    client.end();
  });

  test('one that loses power tells nobody, and boots with its disk and its key', async () => {
    await using hosts = await startHosts(1, { kind });
    const host = hosts.first;
    const { start, isClosed, client } = await ssh2Connect(host);
    await nextText(await start('setsid sleep 600 & echo a > b; sync; echo done'));
    await host.faults.powerLoss();
    expect(host.processes()).toEqual([]);
    const attempt = await openSsh(host, 'true', '-o', 'ConnectTimeout=1');
    expect(attempt).toMatchObject({ code: 255, stderr: expect.stringContaining('Connection timed out') });
    expect(isClosed()).toBe(false);
    await host.faults.powerOn();
    expect((await openSsh(host, 'cat b; hostname; ls /proc/1/exe')).stdout).toBe('a\nhost1\n/proc/1/exe\n');
    const again = await ssh2Connect(host);
    expect([again.fingerprint]).toEqual(host.hostKeys);
    expect(host.processes().map(({ command }) => command)).not.toContain('sleep 600');
    again.client.end();
    client.destroy();
  });

  test('a full disk refuses to be written to until there is space again', async () => {
    await using hosts = await startHosts(1, { kind, diskBytes: 64 * 1024 ** 2 });
    const { exec, faults } = hosts.first;
    const write = 'head -c 1000000 /dev/zero > big';
    expect((await exec(write)).code).toBe(0);
    await faults.fillDisk(300_000);
    expect((await exec('rm big; head -c 100000 /dev/zero > small')).code).toBe(0);
    await faults.fillDisk(300_000);
    expect((await exec(write)).stderr).toContain('No space left');
    await faults.freeDisk();
    expect(await exec(write)).toMatchObject({ code: 0, stderr: '' });
    expect((await exec('head -c 70000000 /dev/zero > huge')).stderr).toContain('No space left');
  });

  test('one may have no Node', async () => {
    await using hosts = await startHosts(1, { kind, node: false });
    expect((await openSsh(hosts.first, 'command -v node nodejs; echo $?')).stdout).toMatch(/^[1-9]\d*\n$/);
  });

  test('those behind the first are reached through it and not else', async () => {
    await using hosts = await startHosts(3, { kind, behindFirst: true });
    const [door, ...behind] = hosts.all;
    for (const host of behind) {
      expect(host.entry().jump).toBe('host1');
      const direct = await openSsh(host, 'true', '-o', 'ConnectTimeout=1');
      expect(direct.code).toBe(255);
      const proxy = `ProxyCommand=ssh ${sshArguments(door!).join(' ')} -W %h:%p root@${door!.address}`;
      expect((await openSsh(host, 'hostname', '-o', proxy)).stdout).toBe(`${host.name}\n`);
    }
    expect(door!.entry()).not.toHaveProperty('jump');
  });
});

describe.each(kinds.filter(other => !kindCan(other, 'network')))('hosts of kind %s', kind => {
  test('say what they cannot do, and refuse it', async () => {
    await using hosts = await startHosts(2, { kind, behindFirst: true });
    const { can, faults } = hosts.first;
    expect([can('network'), can('power'), can('disk'), can('isolation')]).toEqual([false, false, false, false]);
    await expect(faults.cutOff()).rejects.toThrow(/host1 has no 'network'/);
    expect(hosts.all[1]!.entry().jump).toBe('host1');
    await expect(startHosts(1, { kind, node: false })).rejects.toThrow(/cannot hide Node/);
  });
});
