import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { MegalithError } from '@megalith/agent';
import { afterEach, describe, expect, test } from 'vitest';
import { connectSsh } from './connect-ssh.js';
import { scanHostKeys } from './scan-host-keys.js';
import type { ConnectOptions, SshTarget } from './ssh-session.js';
import { startSsh2Server } from './ssh2-server.fixture.js';
import { noSshd, startSshd } from './sshd.fixture.js';
import { freePort, type HostOptions, newKey, type TestHost, targetAt, until } from './test-host.fixture.js';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function failureOf(target: SshTarget, options?: ConnectOptions): Promise<MegalithError> {
  const error = await connectSsh(target, options).then(
    session => {
      session.close();
      return undefined;
    },
    (reason: unknown) => reason,
  );
  if (!(error instanceof MegalithError)) throw new Error('it should have failed', { cause: error });
  return error;
}

async function listening(onSocket: (socket: Socket) => void): Promise<Server & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  endings.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise(resolve => server.close(resolve));
  });
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
}

const openHandles = (): string[] => process.getActiveResourcesInfo().filter(name => /TCP|Pipe|Timeout/.test(name));

describe.each([
  { name: 'OpenSSH', start: startSshd as (options?: HostOptions) => Promise<TestHost>, missing: noSshd },
  { name: "ssh2's Server", start: startSsh2Server, missing: undefined },
])('a connection to $name', ({ start, missing }) => {
  const it = test.skipIf(missing !== undefined);
  const host = async (options?: HostOptions): Promise<TestHost> => {
    const made = await start(options);
    endings.push(() => made.stop());
    return made;
  };

  it('opens, and is closed without a reason', async () => {
    const session = await connectSsh((await host()).target);
    session.close();
    session.close();
    expect(await session.closed).toBeUndefined();
  });

  it('says which key was refused', async () => {
    const { target } = await host();
    const other = newKey('/home/me/.ssh/id_other');
    const error = await failureOf({ ...target, keys: [other.key] });
    expect(error).toMatchObject({ code: 'SSH_FAILED', details: { layer: 'key', host: 'alpha' } });
    expect(error.message).toContain(`/home/me/.ssh/id_other (ssh-ed25519 ${other.fingerprint})`);
  });

  it('offers its keys in order until one opens', async () => {
    const { target } = await host();
    const session = await connectSsh({ ...target, keys: [newKey('/first').key, ...target.keys] });
    session.close();
    await session.closed;
  });

  it('refuses an unknown host key, and has the line for the inventory', async () => {
    const { target, fingerprints } = await host();
    const error = await failureOf({ ...target, hostKeys: [] });
    expect(error).toMatchObject({ code: 'HOST_KEY', details: { layer: 'hostKey', changed: false } });
    expect(error.message).toContain('"alpha"');
    expect(error.message).toContain(`${fingerprints.ed25519} (ssh-ed25519)`);
    expect(error.hint).toContain(`hostKeys: ["${fingerprints.ed25519}"]`);
  });

  it('refuses a changed host key as a possible attack', async () => {
    const { target, fingerprints } = await host();
    const pinned = newKey().fingerprint;
    const error = await failureOf({ ...target, hostKeys: [pinned] });
    expect(error).toMatchObject({ code: 'HOST_KEY', details: { layer: 'hostKey', changed: true, pinned: [pinned] } });
    expect(error.message).toContain(fingerprints.ed25519);
    expect(error.message).toContain(pinned);
    expect(error.hint).toMatch(/attack/);
  });

  it('asks for the type of key that is pinned', async () => {
    const { target, fingerprints } = await host({ keyTypes: ['ed25519', 'rsa'] });
    const session = await connectSsh({ ...target, hostKeys: [fingerprints.rsa!] });
    session.close();
    await session.closed;
  });

  it('names a port that is closed', async () => {
    const { target } = await host();
    const error = await failureOf({ ...target, port: await freePort() });
    expect(error).toMatchObject({ code: 'SSH_FAILED', details: { layer: 'port' } });
  });

  it('tells that the host wants another method than a key', async () => {
    const { target } = await host({ method: 'password' });
    expect(await failureOf(target)).toMatchObject({
      code: 'SSH_FAILED',
      details: { layer: 'user', allowed: ['password'] },
    });
  });

  it('tells that there is no key to offer', async () => {
    const { target } = await host();
    const error = await failureOf({ ...target, keys: [] });
    expect(error).toMatchObject({ details: { layer: 'user', offered: [] } });
  });

  it('passes over a key that it cannot read, and says why where no other opens', async () => {
    const { target } = await host();
    const broken = { path: '/broken', text: 'no key at all' };
    const session = await connectSsh({ ...target, keys: [broken, ...target.keys] });
    session.close();
    await session.closed;
    const error = await failureOf({ ...target, keys: [broken] });
    expect(error).toMatchObject({ details: { layer: 'key' } });
    expect(error.message).toContain('"/broken" can\'t be read as a private key');
  });

  it('goes through a jump host and ends with it', async () => {
    const [far, door] = [await host(), await host()];
    const jump = { ...door.target, name: 'door' };
    const session = await connectSsh({ ...far.target, jump });
    expect((await session.exec('echo through')).stdout).toBe('through\n');
    session.close();
    expect(await session.closed).toBeUndefined();

    const lost = await connectSsh({ ...far.target, jump });
    await door.stop();
    expect(await lost.closed).toMatchObject({ code: 'SSH_FAILED', details: { layer: 'route', host: 'alpha' } });
  });

  it('says which hop failed', async () => {
    const [far, door] = [await host(), await host()];
    const jump = { ...door.target, name: 'door' };
    const unknownDoor = await failureOf({ ...far.target, jump: { ...jump, hostKeys: [] } });
    expect(unknownDoor).toMatchObject({ code: 'HOST_KEY', details: { host: 'door', jumpFor: 'alpha' } });
    expect(unknownDoor.message).toContain('jump host "door"');
    const unknownFar = await failureOf({ ...far.target, hostKeys: [], jump });
    expect(unknownFar).toMatchObject({ code: 'HOST_KEY', details: { host: 'alpha' } });
    const closed = await failureOf({ ...far.target, port: await freePort(), jump });
    expect(closed.details).toMatchObject({ host: 'alpha' });
    // The server of ssh2 gives no words.
    expect(['port', 'route']).toContain(closed.details?.layer);
  });

  it('asks a host for all its keys, directly and through a jump host', async () => {
    const { port, fingerprints, target } = await host({ keyTypes: ['rsa', 'ecdsa', 'ed25519'] });
    const all = [
      { type: 'ssh-ed25519', fingerprint: fingerprints.ed25519 },
      { type: 'ecdsa-sha2-nistp256', fingerprint: fingerprints.ecdsa },
      { type: 'ssh-rsa', fingerprint: fingerprints.rsa },
    ];
    expect(await scanHostKeys('127.0.0.1', port)).toEqual(all);
    expect(await scanHostKeys('127.0.0.1', port, { preferredOnly: true, jump: target })).toEqual(all.slice(0, 1));
  });

  it('gives up a connection that became silent', async () => {
    const { target } = await host();
    const pairs: Socket[] = [];
    const { connect } = await import('node:net');
    const proxy = await listening(socket => {
      const upstream = connect(target.port, '127.0.0.1');
      upstream.on('error', () => undefined);
      socket.pipe(upstream).pipe(socket);
      pairs.push(socket, upstream);
      endings.push(() => upstream.destroy());
    });
    const session = await connectSsh({ ...target, port: proxy.port }, { keepAliveMs: 100 });
    for (const socket of pairs) socket.unpipe().pause();
    const error = await session.closed;
    expect(error).toMatchObject({ code: 'SSH_FAILED', details: { layer: 'route' } });
    expect(error?.message).toMatch(/silent for 300 ms/);
    await expect(session.exec('true')).rejects.toBe(error);
  });

  it('stays while the host answers, however idle', async () => {
    const { target } = await host();
    const session = await connectSsh(target, { keepAliveMs: 50 });
    await new Promise(resolve => setTimeout(resolve, 600));
    expect((await session.exec('echo alive')).stdout).toBe('alive\n');
    session.close();
    await session.closed;
  });

  it('leaves nothing behind when it is cancelled at any time', async () => {
    const [far, door] = [await host(), await host()];
    const target = { ...far.target, jump: { ...door.target, name: 'door' } };
    const before = openHandles();
    for (let round = 0; round < 40; round++) {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), Math.random() * 120);
      const outcome = await connectSsh(target, { signal: controller.signal }).catch((error: unknown) => error);
      clearTimeout(timer);
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'CANCELLED' });
      else (outcome as { close(): void }).close();
    }
    await until(() => openHandles().length <= before.length, `handles: ${openHandles()}, before: ${before}`);
  });
});

describe('what is no SSH server', () => {
  const at = (port: number): SshTarget => targetAt(port, newKey().key, ['SHA256:x']);

  test('accepts and says nothing: the banner is missing', async () => {
    const { port } = await listening(() => undefined);
    const error = await failureOf(at(port), { bannerTimeoutMs: 200 });
    expect(error).toMatchObject({ code: 'SSH_FAILED', details: { layer: 'banner' } });
  });

  test('closes at once: the banner is missing', async () => {
    const { port } = await listening(socket => socket.end());
    expect(await failureOf(at(port))).toMatchObject({ details: { layer: 'banner' } });
    const abrupt = await listening(socket => socket.resetAndDestroy());
    expect(await failureOf(at(abrupt.port))).toMatchObject({ details: { layer: 'banner' } });
  });

  test('speaks another protocol', async () => {
    const { port } = await listening(socket => socket.end(`HTTP/1.1 400 Bad Request\r\n\r\n${'x'.repeat(70_000)}`));
    expect(await failureOf(at(port))).toMatchObject({ details: { layer: 'banner' } });
  });

  test('greets and stops: the whole has a deadline too', async () => {
    const { port } = await listening(socket => socket.write('SSH-2.0-still\r\n'));
    const error = await failureOf(at(port), { timeoutMs: 300 });
    expect(error).toMatchObject({ details: { layer: 'banner' } });
    expect(error.message).toContain('key exchange');
  });

  test('has a name that nobody knows', async () => {
    const error = await failureOf({ ...at(22), address: 'no-such-host.invalid' });
    expect(error).toMatchObject({ code: 'SSH_FAILED', details: { layer: 'name' } });
  });
});
