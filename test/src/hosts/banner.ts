import { createConnection } from 'node:net';
import { eventually } from '../conformance/eventually.js';

/** Waits until an SSH server greets there. */
export async function untilGreeted(address: string, port: number): Promise<void> {
  await eventually(`an SSH server greets at ${address}:${port}`, () => greets(address, port));
}

function greets(address: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ host: address, port });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('data', data => end(data.toString('latin1').startsWith('SSH-2.0-')));
  });
}
