import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MachineNote, MachineNotes } from './machine-notes.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'megalith-notes-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const note: MachineNote = {
  formatVersion: 1,
  id: 'i-0123456789abcdef0',
  provider: 'ec2',
  region: 'eu-west-1',
  intent: '0123456789abcdef',
  hostKeys: [`SHA256:${'A'.repeat(43)}`],
  user: 'ec2-user',
  identityFile: '/home/ann/.megalith/cloud/keys/pool',
};

describe('what a client notes of its machines', () => {
  it('is read as it was written, for the owner only', async () => {
    const notes = new MachineNotes(home);
    expect(await notes.find(note.id)).toBeUndefined();
    await notes.put(note);
    expect(await new MachineNotes(home).all()).toEqual({ notes: [note], damaged: [] });
    expect((await stat(join(home, 'cloud', 'machines', `${note.id}.json`))).mode & 0o777).toBe(0o600);
    await notes.forget(note.id);
    expect(await readdir(join(home, 'cloud', 'machines'))).toEqual([]);
  });

  it('grows with what is learned, and with nothing that is wrong', async () => {
    const notes = new MachineNotes(home);
    const plan = { idleTailMs: 41_000, why: 'it pays', atEnd: 'stop', stoppedForMs: 3_600_000, at: 1 } as const;
    expect(await notes.learn(note.id, { market: 'spot' })).toBeUndefined();
    await notes.put(note);
    const learned = [notes.learn(note.id, { plan }), notes.learn(note.id, { address: '10.0.0.7' })];
    await Promise.all(learned);
    expect(await notes.find(note.id)).toEqual({ ...note, plan, address: '10.0.0.7' });
    await expect(notes.learn(note.id, { hostKeys: [] })).rejects.toThrow();
    expect((await notes.find(note.id))?.hostKeys).toEqual(note.hostKeys);
  });

  it('is set aside where it pins no key', async () => {
    const notes = new MachineNotes(home);
    await notes.put(note);
    await writeFile(join(home, 'cloud', 'machines', 'i-1.json'), JSON.stringify({ ...note, id: 'i-1', hostKeys: [] }));
    expect(await notes.find('i-1')).toBeUndefined();
    const { notes: found, damaged } = await notes.all();
    expect(found).toEqual([note]);
    expect(damaged).toHaveLength(1);
  });
});
