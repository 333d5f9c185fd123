import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Capacity } from '../host/admission.js';
import { FrameReader, frameType, readMessage, writeMessage } from '../protocol/frame.js';
import { type HostMessage, protocolVersion } from '../protocol/messages.js';
import { agentSocketPath } from './socket-path.js';

/**
 * Asks every other agent of this home to drain, and hears what its jobs still hold: that much is not to be given out here.
 * @param onLoad called with the sum over all of them as it changes
 * @returns ends the listening
 */
export async function drainOthers(
  agentsFolder: string,
  own: string,
  onLoad: (load: Capacity) => void,
): Promise<() => void> {
  const loads = new Map<Socket, Capacity>();
  const tell = (): void => {
    let cpus = 0;
    let memoryBytes = 0;
    for (const load of loads.values()) {
      cpus += load.cpus;
      memoryBytes += load.memoryBytes;
    }
    onLoad({ cpus, memoryBytes });
  };
  for (const name of await readdir(agentsFolder)) {
    if (name !== own) drainOne(agentSocketPath(join(agentsFolder, name)), loads, tell);
  }
  return () => {
    for (const socket of loads.keys()) socket.destroy();
  };
}

function drainOne(path: string, loads: Map<Socket, Capacity>, tell: () => void): void {
  const socket = connect(path);
  socket.unref();
  const reader = new FrameReader((type, payload) => {
    if (type !== frameType.control) return;
    const message = readMessage(payload) as HostMessage;
    if (message.type !== 'load') return;
    loads.set(socket, message);
    tell();
  });
  socket.once('connect', () => {
    writeMessage(socket, { type: 'hello', version: protocolVersion });
    writeMessage(socket, { type: 'drain' });
  });
  socket.on('data', (chunk: Buffer) => reader.push(chunk));
  // A socket that nobody serves is what a killed agent left.
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    if (loads.delete(socket)) tell();
  });
}
