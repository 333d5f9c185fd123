import { execFileSync, spawnSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { connectSsh } from './connect-ssh.js';
import { noSshd, startSshd } from './sshd.fixture.js';
import { newKey, targetAt } from './test-host.fixture.js';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const ip = (...words: string[]): void => {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
};
const id = process.pid % 10_000;
const space = `mglssh${id}`;
const [here, there] = [`10.213.${id % 250}.1`, `10.213.${id % 250}.2`];

/** True where this machine lets us make network namespaces. */
function canMakeNetworks(): boolean {
  if (process.getuid?.() !== 0) return false;
  const probe = `${space}p`;
  if (spawnSync('ip', ['netns', 'add', probe], { stdio: 'ignore' }).status !== 0) return false;
  const isMade =
    spawnSync('ip', ['link', 'add', `${probe}x`.slice(-15), 'type', 'veth'], { stdio: 'ignore' }).status === 0;
  if (isMade) spawnSync('ip', ['link', 'del', `${probe}x`.slice(-15)], { stdio: 'ignore' });
  ip('netns', 'del', probe);
  return isMade;
}

/** A network of two: this machine, and a namespace that can be made deaf. */
function makeNetwork(): void {
  const [near, far] = [`mg${id}a`, `mg${id}b`];
  ip('netns', 'add', space);
  endings.push(() => ip('netns', 'del', space));
  ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', space);
  endings.push(() => spawnSync('ip', ['link', 'del', near], { stdio: 'ignore' }));
  ip('addr', 'add', `${here}/30`, 'dev', near);
  ip('link', 'set', near, 'up');
  ip('-n', space, 'addr', 'add', `${there}/30`, 'dev', far);
  ip('-n', space, 'link', 'set', far, 'up');
}

/** The other side hears us and all that it answers gets lost, without a word. */
const goDeaf = (): void => ip('-n', space, 'route', 'add', 'blackhole', `${here}/32`);

describe.skipIf(!canMakeNetworks())('a network that swallows packets', () => {
  test('is a failure of the route, at the deadline', async () => {
    makeNetwork();
    goDeaf();
    const target = { ...targetAt(22, newKey().key, ['SHA256:x']), address: there };
    await expect(connectSsh(target, { timeoutMs: 500 })).rejects.toMatchObject({
      code: 'SSH_FAILED',
      message: expect.stringContaining(`"alpha" (${there}:22) does not answer within`),
      details: { layer: 'route' },
    });
  });

  test('refuses at once where nobody listens', async () => {
    makeNetwork();
    const target = { ...targetAt(22, newKey().key, ['SHA256:x']), address: there };
    await expect(connectSsh(target)).rejects.toMatchObject({ details: { layer: 'port', errno: 'ECONNREFUSED' } });
  });

  test.skipIf(noSshd !== undefined)('ends a session that was open', async () => {
    makeNetwork();
    const host = await startSshd({}, ['ip', 'netns', 'exec', space], there);
    endings.push(() => host.stop());
    const session = await connectSsh({ ...host.target, address: there }, { keepAliveMs: 100 });
    const running = session.exec('cat', { stdin: new PassThrough() });
    const failed = expect(running).rejects.toMatchObject({ code: 'SSH_FAILED', details: { layer: 'route' } });
    goDeaf();
    expect(await session.closed).toMatchObject({ code: 'SSH_FAILED', details: { layer: 'route' } });
    await failed;
  });
});
