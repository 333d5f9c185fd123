import { spawn } from 'node:child_process';
import { type AddressInfo, connect, type Socket } from 'node:net';
import ssh2, { type AuthContext, type ServerChannel } from 'ssh2';
import { type HostOptions, newKey, type TestHost, targetAt } from './test-host.fixture.js';

/** The server of `ssh2` with what sshd does: commands by `sh -c`, unix sockets and TCP connections. For machines without sshd. */
export async function startSsh2Server(options: HostOptions = {}): Promise<TestHost> {
  const user = newKey();
  const known = ssh2.utils.parseKey(user.publicLine);
  if (known instanceof Error) throw known;
  const knownKey = Array.isArray(known) ? known[0]! : known;
  const hostKeys = (options.keyTypes ?? ['ed25519']).map(type => [type, newKey(`/host/${type}`, type)] as const);
  const sockets = new Set<Socket>();
  const endings = new Set<() => void>();

  const mayEnter = (context: AuthContext): void => {
    const isKnown = context.method === 'publickey' && knownKey.getPublicSSH().equals(context.key.data);
    if (options.method === 'password') context.reject(['password']);
    else if (!isKnown || options.knowsUser === false) context.reject(['publickey']);
    else if (context.signature === undefined) context.accept();
    else if (knownKey.verify(context.blob!, context.signature, context.hashAlgo)) context.accept();
    else context.reject(['publickey']);
  };
  const join = (accept: () => ServerChannel, reject: () => void, socket: Socket): void => {
    socket.once('error', () => reject());
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      const channel = accept();
      socket.on('error', () => channel.close());
      channel.on('close', () => socket.destroy());
      channel.pipe(socket).pipe(channel);
    });
  };

  const server = new ssh2.Server({ hostKeys: hostKeys.map(([, { key }]) => key.text) }, client => {
    client.on('error', () => undefined);
    client.on('authentication', mayEnter);
    client.on('session', accept => {
      const session = accept();
      session.on('exec', (acceptExec, _reject, { command }) => {
        const channel = acceptExec();
        const child = spawn('sh', ['-c', command], { detached: true });
        const ending = (): void => {
          if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL');
        };
        endings.add(ending);
        // This server passes no signals on once a command runs; it hears only that the channel is closed.
        channel.on('close', ending);
        channel.on('error', () => undefined);
        child.stdin.on('error', () => undefined);
        channel.pipe(child.stdin);
        child.stdout.pipe(channel, { end: false });
        child.stderr.pipe(channel.stderr, { end: false });
        child.on('close', (code, signal) => {
          endings.delete(ending);
          if (signal !== null) channel.exit(signal.replace('SIG', ''), false, '');
          else channel.exit(code ?? 0);
          channel.close();
        });
      });
    });
    const forwards = client as unknown as {
      on(event: string, listener: (accept: () => ServerChannel, reject: () => void, info: Forward) => void): void;
    };
    forwards.on('openssh.streamlocal', (accept, reject, { socketPath }) => {
      if (options.allowsSockets === false) reject();
      else join(accept, reject, connect(socketPath));
    });
    forwards.on('tcpip', (accept, reject, { destIP, destPort }) => {
      if (options.allowsTcp === false) reject();
      else join(accept, reject, connect(destPort, destIP));
    });
  });
  server.on('error', () => undefined);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  // The server of `ssh2` is built on one of `net`, whose connections it hides.
  const inner = (server as unknown as { _srv: { on(event: 'connection', listener: (socket: Socket) => void): void } })
    ._srv;
  inner.on('connection', socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const { port } = server.address() as AddressInfo;
  const fingerprints = Object.fromEntries(hostKeys.map(([type, pair]) => [type, pair.fingerprint]));
  return {
    port,
    fingerprints,
    target: targetAt(port, user.key, Object.values(fingerprints)),
    async stop() {
      for (const socket of sockets) socket.destroy();
      for (const ending of endings) ending();
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}

interface Forward {
  readonly socketPath: string;
  readonly destIP: string;
  readonly destPort: number;
}
