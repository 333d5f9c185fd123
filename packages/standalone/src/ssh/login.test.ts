import { execFileSync, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { connectSsh } from './connect-ssh.js';
import { startSsh2Server } from './ssh2-server.fixture.js';
import { newFolder, newKey, type TestHost, until } from './test-host.fixture.js';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function host(): Promise<TestHost> {
  const made = await startSsh2Server();
  endings.push(() => made.stop());
  return made;
}

function folder(): string {
  const { path, remove } = newFolder();
  endings.push(remove);
  return path;
}

async function sshAgent(keys: readonly string[]): Promise<string> {
  const path = folder();
  const socket = join(path, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  endings.push(
    () =>
      new Promise(resolve => {
        agent.once('exit', resolve);
        agent.kill();
      }),
  );
  await until(() => existsSync(socket), 'the agent listens');
  keys.forEach((text, index) => {
    const file = join(path, `key${index}`);
    writeFileSync(file, `${text}\n`, { mode: 0o600 });
    execFileSync('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
  });
  return socket;
}

describe('a login', () => {
  test.skipIf(!existsSync('/usr/bin/ssh-agent'))(
    'goes on with the keys of an SSH agent, each offered once',
    async () => {
      const { target } = await host();
      const wrong = newKey('/wrong');
      const agentSocket = await sshAgent([wrong.key.text, target.keys[0]!.text]);
      const session = await connectSsh({ ...target, keys: [wrong.key], agentSocket });
      session.close();
      await session.closed;

      const onlyWrong = await sshAgent([wrong.key.text]);
      await expect(connectSsh({ ...target, keys: [wrong.key], agentSocket: onlyWrong })).rejects.toMatchObject({
        details: { layer: 'key', offered: [`/wrong (ssh-ed25519 ${wrong.fingerprint})`] },
      });
    },
  );

  test('says that the SSH agent is not there', async () => {
    const { target } = await host();
    await expect(connectSsh({ ...target, keys: [], agentSocket: '/none/agent' })).rejects.toMatchObject({
      message: expect.stringContaining('the SSH agent at "/none/agent" failed'),
      details: { layer: 'key' },
    });
  });

  test('does not wait for an SSH agent longer than for all', async () => {
    const { target } = await host();
    const agentSocket = join(folder(), 'agent');
    let open = 0;
    const silent = createServer(socket => {
      open++;
      socket.on('close', () => open--).resume();
    });
    await new Promise<void>(resolve => silent.listen(agentSocket, resolve));
    endings.push(() => new Promise(resolve => silent.close(resolve)));
    await expect(connectSsh({ ...target, keys: [], agentSocket }, { timeoutMs: 400 })).rejects.toMatchObject({
      code: 'SSH_FAILED',
    });
    await until(() => open === 0, 'the agent is let go');
  });
});
