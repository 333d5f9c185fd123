import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { within } from '../../conformance/eventually.js';
import { newKeyPair } from '../../hosts/keys.js';
import { ssh2Connect } from '../../hosts/ssh-clients.js';
import type { InstanceHost } from '../instance-hosts.js';
import type { BootFaults } from './boot-faults.js';
import { bootSpec, connected, instanceKinds, newLogin, openInstances, target, told } from './instances.fixture.js';
import { instanceHostsCan } from './start-instance-hosts.js';

/** How an attempt to connect ends, in this time. */
function attempt({ privateAddress, port }: InstanceHost, timeoutMs: number): Promise<string> {
  const socket = createConnection({ host: privateAddress, port });
  const ends = new Promise<string>(resolve => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('data', data => resolve(data.toString().slice(0, 'SSH-2.0'.length)));
    socket.on('close', () => resolve('closed'));
    socket.setTimeout(timeoutMs, () => resolve(socket.connecting ? 'no answer' : 'accepted and silent'));
  });
  return ends.finally(() => socket.destroy());
}

describe.each(instanceKinds)('an instance on a host of kind %s', kind => {
  const can = instanceHostsCan.bind(undefined, kind);
  const booted = async (faults: BootFaults, userData = '') => {
    const hosts = await openInstances({ kind, plan: () => faults });
    const login = newLogin();
    return { login, host: await hosts.boot(bootSpec({ userData, publicKey: login.publicKey })) };
  };

  test('may be slow to boot', async () => {
    const { host, login } = await booted({ delayMs: 1_500 });
    expect(await attempt(host, 300)).toBe(can('network') ? 'no answer' : 'ECONNREFUSED');
    (await connected(host, login)).client.end();
  });

  test('may be destroyed before a slow boot is over', async () => {
    const { host } = await booted({ delayMs: 3_600_000 });
    await host.destroy();
  });

  test.skipIf(!can('user-data'))('may boot and never open SSH', async () => {
    const { host } = await booted({ ssh: 'closed' }, '#!/bin/sh\necho done > /finished\n');
    await expect
      .poll(async () => (await host.machine!.exec('cat /finished')).stdout, { timeout: 20_000 })
      .toBe('done\n');
    expect(await attempt(host, 2_000)).toBe('ECONNREFUSED');
  });

  test('may accept connections and not greet', async () => {
    const { host } = await booted({ ssh: 'silent' });
    await expect.poll(() => attempt(host, 500), { timeout: 20_000 }).toBe('accepted and silent');
  });

  test('may show another host key than the injected', async () => {
    const pair = newKeyPair('injected');
    const userData = `#cloud-config\nssh_keys: ${JSON.stringify({ ed25519_private: pair.privateText })}\n`;
    const wrong = await booted({ ownHostKey: true }, userData);
    const right = await booted({}, userData);
    const shown = await Promise.all([wrong, right].map(({ host, login }) => connected(host, login)));
    expect(shown.map(({ fingerprint }) => fingerprint === pair.fingerprint)).toEqual([false, true]);
    for (const { client } of shown) client.end();
  });

  test('may have a clock that is ahead', async () => {
    const { host, login } = await booted({ clockOffsetMs: 7_200_000 });
    const session = await connected(host, login);
    const { out } = await told(session, 'node -p "Date.now()"');
    expect(Math.round((Number(out) - Date.now()) / 600_000)).toBe(12);
    session.client.end();
  });

  test.skipIf(!can('network'))('tells nobody when it is destroyed', async () => {
    const { host, login } = await booted({});
    const session = await connected(host, login);
    const socket = createConnection({ host: host.publicAddress!, port: host.port });
    await within(20_000, 'a greeting', once(socket, 'data'));
    const heard: string[] = [];
    for (const event of ['end', 'error', 'close']) socket.on(event, () => heard.push(event));
    await host.destroy();
    await delay(500);
    expect([heard, session.isClosed()]).toEqual([[], false]);
    expect(await attempt(host, 500)).toBe('no answer');
    socket.destroy();
    session.client.destroy();
  });

  test('is not there any more once it is destroyed, whatever it was before', async () => {
    const { host, login } = await booted({});
    await connected(host, login).then(({ client }) => client.end());
    await Promise.all([host.powerOff(), host.destroy(), host.destroy()]);
    await expect(ssh2Connect({ ...target(host, login) })).rejects.toThrow();
  }, 40_000);
});
