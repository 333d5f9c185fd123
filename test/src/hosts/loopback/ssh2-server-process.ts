/** An SSH server for machines without sshd: SIGHUP restarts it, SIGUSR2 ends its open connections. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createConnection, createServer, type Server as NetServer, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import type { Ssh2ServerPlan } from './server-plan.js';

const plan: Ssh2ServerPlan = JSON.parse(process.argv[2]!);
const sockets = new Set<Socket>();
let listener: NetServer | undefined;

listen();
process.on('SIGHUP', () => listener?.close(() => undefined) && listen());
process.on('SIGUSR2', () => {
  for (const socket of sockets) socket.destroy();
});

function listen(): void {
  const ssh = new ssh2.Server({ hostKeys: [readFileSync(plan.hostKeyFile)] }, serve);
  const net = createServer(socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  listener = net;
  net.listen(plan.port, plan.address, () => console.log(`Server listening on ${plan.address} port ${plan.port}.`));
}

function serve(client: Connection): void {
  client.on('error', error => console.log(error.message));
  client.on('authentication', context => (admits(context) ? context.accept() : context.reject(['publickey'])));
  client.on('session', accept => {
    const session = accept();
    session.on('exec', (accept, _reject, { command }) => execute(accept(), ['-c', command]));
    session.on('shell', accept => execute(accept(), []));
    session.on('env', (_accept, reject) => reject?.());
  });
  client.on('tcpip', (accept, reject, { destIP, destPort }) => {
    bridge(createConnection({ host: destIP, port: destPort }), accept, reject);
  });
  client.on('openssh.streamlocal', (accept, reject, { socketPath }) => {
    if (plan.socketForwarding) bridge(createConnection({ path: socketPath }), accept, reject);
    else reject();
  });
}

function admits(context: AuthContext): boolean {
  if (context.method !== 'publickey' || context.username !== plan.user) return false;
  const lines = readFileSync(plan.authorizedKeysFile, 'utf8').split('\n');
  return lines
    .filter(line => line !== '')
    .some(line => {
      const key = ssh2.utils.parseKey(line);
      if (key instanceof Error || !key.getPublicSSH().equals(context.key.data)) return false;
      if (context.signature === undefined || context.blob === undefined) return true;
      return key.verify(context.blob, context.signature, context.hashAlgo) === true;
    });
}

/** A session of its own for each command, as with sshd: it lives on when the connection ends. */
function execute(channel: ServerChannel, args: readonly string[]): void {
  const { user, home } = plan;
  const path = `${process.execPath.slice(0, process.execPath.lastIndexOf('/'))}:/usr/local/bin:/usr/bin:/bin`;
  const env = { HOME: home, USER: user, LOGNAME: user, SHELL: '/bin/sh', PATH: path, ...plan.env };
  const child = spawn('/bin/sh', args, { cwd: home, env, detached: true });
  channel.on('error', () => undefined);
  child.stdin.on('error', () => child.stdin.destroy());
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.on('error', error => channel.stderr.write(`${error.message}\n`));
  child.on('close', (code, signal) => report(channel, child, code, signal));
  channel.on('close', () => {
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
  });
}

function report(channel: ServerChannel, child: ChildProcess, code: number | null, signal: string | null): void {
  if (child.pid === undefined) channel.exit(127);
  else if (signal === null) channel.exit(code ?? 0);
  else channel.exit(signal.slice('SIG'.length));
  channel.end();
}

function bridge(far: Socket, accept: () => ServerChannel, reject: () => void): void {
  let channel: ServerChannel | undefined;
  far.on('error', () => (channel === undefined ? reject() : channel.destroy()));
  far.on('connect', () => {
    channel = accept();
    channel.on('error', () => far.destroy());
    channel.on('close', () => far.destroy());
    channel.pipe(far).pipe(channel);
  });
}
