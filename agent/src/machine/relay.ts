import { connect } from 'node:net';

/** Connects this process's standard input and output to an agent's socket, for servers of SSH that forward none. */
export function runRelay(socketPath: string): void {
  const socket = connect(socketPath);
  socket.on('error', error => {
    process.stderr.write(`megalith agent: ${error.message}\n`);
    process.exit(1);
  });
  socket.on('close', () => process.exit());
  socket.pipe(process.stdout);
  process.stdin.pipe(socket);
}
