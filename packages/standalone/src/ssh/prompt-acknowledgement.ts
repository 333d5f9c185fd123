import type { Socket } from 'node:net';
import type { Client } from 'ssh2';
import { sendIgnore } from './ssh2-internals.js';

/** Larger pieces come in rows, which the kernel acknowledges by itself. */
const smallBytes = 2048;

/**
 * Answers a small piece of input with an empty message where we have nothing else to say just then. sshd leaves Nagle's
 * algorithm on: it holds back its next small packet until the last is acknowledged, and our kernel acknowledges late
 * (40 ms on Linux) unless something goes out. Measured against OpenSSH 9.2 on loopback: opening two sockets after the
 * login takes 4 ms instead of 45 (medians of 21).
 */
export function acknowledgePromptly(client: Client, socket: Socket): void {
  let isPlanned = false;
  socket.on('data', (chunk: Buffer) => {
    if (isPlanned || chunk.length > smallBytes) return;
    isPlanned = true;
    const writtenBytes = socket.bytesWritten;
    setImmediate(() => {
      isPlanned = false;
      if (socket.bytesWritten === writtenBytes && socket.writable && !socket.readableEnded) sendIgnore(client);
    });
  });
}
