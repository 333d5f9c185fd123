import { type CloudNotes, type NoteBook, noNotes } from '../cloud-notes.js';
import type { World } from '../control-call.js';

/** A world whose clock only moves when somebody sleeps, or a test says so. */
export interface FakeWorld extends World {
  nowMs: number;
  readonly slept: number[];
}

export function fakeWorld(): FakeWorld {
  const world: FakeWorld = {
    nowMs: 1_000_000,
    slept: [],
    random: () => 0.5,
    now: () => world.nowMs,
    today: () => world.nowMs,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      world.slept.push(ms);
      world.nowMs += ms;
      await new Promise(resolve => setImmediate(resolve));
    },
  };
  return world;
}

export function notesInMemory(first: CloudNotes = noNotes): NoteBook {
  let notes = first;
  return {
    read: async () => notes,
    async change(change) {
      notes = change(notes);
    },
  };
}
