import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { eventually } from '../conformance/eventually.js';
import { untilGreeted } from './banner.js';
import { availableKinds } from './host-kinds.js';
import { run } from './run.js';
import { nextText, openSsh, ssh2Connect } from './ssh-clients.js';
import { startHosts } from './start-hosts.js';

const kinds = await availableKinds();
const hasSshClient = await run('ssh', ['-V']).then(
  () => true,
  () => false,
);

describe.each(kinds)('hosts of kind %s', kind => {
  test.skipIf(!hasSshClient)('three of them let the OpenSSH client in, each to its own home', async () => {
    await using hosts = await startHosts(3, { kind });
    const answers = await Promise.all(
      hosts.all.map(async host => {
        await host.exec(`echo ${host.name} > name`);
        return openSsh(host, 'cat name; pwd; echo "$HOME"; exit 7');
      }),
    );
    const expected = hosts.all.map(({ name, home }) => ({
      code: 7,
      stderr: '',
      stdout: `${name}\n${home}\n${home}\n`,
    }));
    expect(answers).toEqual(expected);
    expect(new Set(hosts.all.map(({ address, port }) => `${address}:${port}`)).size).toBe(3);
  });

  test('one lets ssh2 in, shows the key that its entry has, and has Node', async () => {
    await using hosts = await startHosts(1, { kind });
    const host = hosts.first;
    const { client, fingerprint, start } = await ssh2Connect(host);
    expect([fingerprint]).toEqual(host.entry().hostKeys);
    const channel = await start('node -p 6*7');
    expect(await nextText(channel)).toBe('42\n');
    client.end();
  });

  test('the test reads and writes files of a host and runs commands there without SSH', async () => {
    await using hosts = await startHosts(1, { kind });
    const { exec, pathHere, home } = hosts.first;
    expect(await exec('echo out; echo err >&2; umask 077; echo a > b; exit 3')).toEqual({
      code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect(readFileSync(pathHere(join(home, 'b')), 'utf8')).toBe('a\n');
    writeFileSync(pathHere(join(home, 'c')), 'd');
    expect((await exec('cat c; kill -KILL $$')).stdout).toBe('d');
    expect((await exec('kill -KILL $$')).code).toBe(137);
  });

  test('what a session leaves running is listed by the number that it knows, with its port, until it ends', async () => {
    await using hosts = await startHosts(1, { kind });
    const host = hosts.first;
    expect(host.processes()).toEqual([]);
    const { client, start } = await ssh2Connect(host);
    const program = `require('net').createServer().listen(0, function () { console.log(process.pid, this.address().port) })`;
    const channel = await start(`setsid node -e "${program}" </dev/null 2>/dev/null &`);
    const [pid, port] = (await nextText(channel)).split(' ').map(Number);
    client.end();
    const found = await eventually('only the program is left', () => {
      const all = host.processes();
      return all.length === 1 && all[0];
    });
    expect(found.pid).toBe(pid);
    expect(found.command).toContain('createServer');
    expect(host.listeningPorts()).toEqual([port]);
    process.kill(found.pidHere, 'SIGKILL');
    await eventually('it is gone', () => host.processes().length === 0);
    expect(host.listeningPorts()).toEqual([]);
  });

  test('unix sockets are reached through the connection, unless the host forbids it', async () => {
    for (const socketForwarding of [true, false]) {
      await using hosts = await startHosts(1, { kind, socketForwarding });
      const path = `${hosts.first.home}/socket`;
      const { client, start, openSocket } = await ssh2Connect(hosts.first);
      const server = `require('net').createServer(c => c.pipe(c)).listen('${path}', () => console.log('listens'))`;
      expect(await nextText(await start(`node -e "${server}"`))).toBe('listens\n');
      if (socketForwarding) {
        const channel = await openSocket(path);
        channel.write('there and back');
        expect(await nextText(channel)).toBe('there and back');
        await expect(openSocket(`${path}-of-nobody`)).rejects.toThrow(/Channel open failure|Connection/i);
      } else {
        await expect(openSocket(path)).rejects.toThrow(/Channel open failure/);
      }
      client.end();
    }
  });

  test('the clock of Node programs can be ahead', async () => {
    await using hosts = await startHosts(1, { kind, clockOffsetMs: 7_200_000 });
    const { client, start } = await ssh2Connect(hosts.first);
    const program = 'console.log(Date.now(), new Date().getTime(), Date.parse(Date()), new Date(5).getTime())';
    const times = (await nextText(await start(`node -e '${program}'`))).split(' ').map(Number);
    const ahead = times.slice(0, 3).map(time => Math.round((time - Date.now()) / 60_000));
    expect(ahead).toEqual([120, 120, 120]);
    expect(times[3]).toBe(5);
    client.end();
  });

  test('sshd restarts: sessions live on and new ones are let in', async () => {
    await using hosts = await startHosts(1, { kind });
    const { client, start, isClosed } = await ssh2Connect(hosts.first);
    const echo = await start('cat');
    await hosts.first.faults.restartSshd();
    echo.write('still there');
    expect(await nextText(echo)).toBe('still there');
    (await ssh2Connect(hosts.first)).client.end();
    expect(isClosed()).toBe(false);
    client.end();
  });

  test('killed sessions close their connections, and what they started lives on', async () => {
    await using hosts = await startHosts(1, { kind });
    const host = hosts.first;
    const { start, isClosed } = await ssh2Connect(host);
    const channel = await start('setsid sleep 600 </dev/null >/dev/null 2>&1 & echo started; cat');
    await nextText(channel);
    await host.faults.killSshdSessions();
    await eventually('the connection is closed', isClosed);
    await eventually('what it started lives', () => host.processes().some(({ command }) => command === 'sleep 600'));
    (await ssh2Connect(host)).client.end();
  });

  test('a frozen host accepts connections and says nothing, and goes on when it thaws', async () => {
    await using hosts = await startHosts(1, { kind });
    const host = hosts.first;
    const { client, start } = await ssh2Connect(host);
    const echo = await start('cat');
    await host.faults.freeze();
    const socket = createConnection(host.port, host.address);
    await once(socket, 'connect');
    const heard: string[] = [];
    socket.on('data', data => heard.push(String(data)));
    echo.on('data', (data: Buffer) => heard.push(String(data)));
    echo.write('hello');
    await delay(300);
    expect(heard).toEqual([]);
    await host.faults.thaw();
    await eventually('both answer', () => heard.includes('hello') && heard.some(text => text.startsWith('SSH-2.0')));
    socket.destroy();
    client.end();
  });

  test('a changed host key is another one, and the one that was told', async () => {
    await using hosts = await startHosts(1, { kind });
    const host = hosts.first;
    const changed = await host.faults.changeHostKey();
    const { client, fingerprint } = await ssh2Connect(host);
    expect(fingerprint).toBe(changed);
    expect(host.hostKeys).not.toContain(changed);
    client.end();
  });

  test('a removed key is refused until it is restored', async () => {
    await using hosts = await startHosts(1, { kind });
    const { faults, address, port } = hosts.first;
    await faults.removeKey();
    await expect(ssh2Connect(hosts.first)).rejects.toThrow(/authentication methods failed/);
    await untilGreeted(address, port);
    await faults.restoreKey();
    (await ssh2Connect(hosts.first)).client.end();
  });
});

test.skipIf(!kinds.includes('namespaces'))('what a host does to its root stays there', async () => {
  await using hosts = await startHosts(1, { kind: 'namespaces' });
  const path = '/usr/local/bin/megalith-test-of-hosts';
  const checkout = new URL('../../..', import.meta.url).pathname;
  const { exec } = hosts.first;
  expect(await exec(`touch ${path} /etc/passwd && rm -f /usr/bin/yes`)).toMatchObject({ code: 0 });
  expect(existsSync(path)).toBe(false);
  expect(existsSync('/usr/bin/yes')).toBe(true);
  expect((await exec(`test -e ${checkout}`)).code).toBe(1);
  expect((await exec('echo x > /usr/local/bin/node')).stderr).toMatch(/Read-only/);
  expect((await exec('mkdir /sys/fs/cgroup/megalith-test')).stderr).toMatch(/Read-only/);
  expect((await exec('echo "$(hostname)"; ls /tmp')).stdout).toBe('host1\n');
});
