import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import {
  nextTicket,
  openTickets,
  revokeTickets,
  takeTicket,
  ticketAfter,
  ticketModulus,
  ticketsBetween,
} from './claims.js';

describe('tickets', () => {
  it('are taken in order, each once', () => {
    const words = new Int32Array(new SharedArrayBuffer(32));
    expect([takeTicket(words, 0), takeTicket(words, 0), takeTicket(words, 2), takeTicket(words, 1)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(nextTicket(words)).toBe(2);
  });

  it('cannot be taken once revoked, until the counter opens further on', () => {
    const words = new Int32Array(new SharedArrayBuffer(32));
    takeTicket(words, 0);
    expect(revokeTickets(words)).toBe(1);
    expect(takeTicket(words, 1)).toBe(false);
    expect([revokeTickets(words), nextTicket(words)]).toEqual([undefined, undefined]);
    openTickets(words, 10);
    expect([takeTicket(words, 1), takeTicket(words, 10)]).toEqual([false, true]);
  });

  it('go round', () => {
    expect(ticketAfter(ticketModulus - 1)).toBe(0);
    expect(ticketsBetween(ticketModulus - 2, 3)).toBe(5);
  });

  it('are taken by the executor or revoked, never both, however the threads race', async () => {
    const total = 200_000;
    const words = new Int32Array(new SharedArrayBuffer(32));
    const source = `
      const { workerData, parentPort } = require('node:worker_threads');
      const words = workerData;
      let taken = 0;
      for (let ticket = 0; ticket < ${total}; ticket++) {
        if (Atomics.compareExchange(words, 0, ticket, ticket + 1) !== ticket) break;
        taken++;
        Atomics.store(words, 7, taken);
        Atomics.notify(words, 7);
      }
      parentPort.postMessage(taken);`;
    const worker = new Worker(source, { eval: true, workerData: words });
    const taken = new Promise<number>(resolve => worker.on('message', resolve));
    while (Atomics.load(words, 7) < 100) await new Promise(resolve => setImmediate(resolve));
    const revokedFrom = revokeTickets(words);
    expect(await taken).toBe(revokedFrom);
  });
});
