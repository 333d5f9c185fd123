import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogStore } from './logs.js';

describe('logs in memory', () => {
  it('keeps the two streams of a task apart', () => {
    const logs = new LogStore();
    logs.append(1, 'stdout', Buffer.from('out '));
    logs.append(1, 'stderr', Buffer.from('err'));
    logs.append(1, 'stdout', Buffer.from('put'));
    logs.append(2, 'stdout', Buffer.from('other'));
    expect(logs.of(1)).toEqual({ stdout: 'out put', stderr: 'err', truncated: false });
    expect(logs.of(3)).toEqual({ stdout: '', stderr: '', truncated: false });
  });

  it('keeps the end of what is too long, and says so', () => {
    const logs = new LogStore({ task: 8, job: 100 });
    logs.append(0, 'stdout', Buffer.from('abcdef'));
    logs.append(0, 'stdout', Buffer.from('ghijkl'));
    expect(logs.of(0)).toEqual({ stdout: 'efghijkl', stderr: '', truncated: true });
    logs.append(0, 'stdout', Buffer.from('0123456789'));
    expect(logs.of(0).stdout).toBe('23456789');
  });

  it('drops what a noisy stream wrote before what the quiet one wrote', () => {
    const logs = new LogStore({ task: 8, job: 100 });
    logs.append(0, 'stderr', Buffer.from('why'));
    for (let i = 0; i < 10; i++) logs.append(0, 'stdout', Buffer.from('..'));
    expect(logs.of(0)).toMatchObject({ stderr: 'why', truncated: true });
  });

  it('does not begin in the middle of a character', () => {
    const logs = new LogStore({ task: 4, job: 100 });
    logs.append(0, 'stdout', Buffer.from('€ä!'));
    expect(logs.of(0).stdout).toBe('ä!');
  });

  it('drops the task that was silent for longest where all together are too long', () => {
    const logs = new LogStore({ task: 8, job: 10 });
    logs.append(5, 'stdout', Buffer.from('old'));
    logs.append(6, 'stdout', Buffer.from('12345678'));
    expect(logs.of(5)).toEqual({ stdout: '', stderr: '', truncated: true });
    expect(logs.of(6)).toEqual({ stdout: '12345678', stderr: '', truncated: false });
  });

  it('never holds more than its limits, and always the newest bytes', () => {
    const write = fc.record({ stream: fc.constantFrom('stdout', 'stderr'), index: fc.nat(4), length: fc.nat(12) });
    fc.assert(
      fc.property(fc.array(write), writes => {
        const logs = new LogStore({ task: 8, job: 20 });
        for (const [n, { stream, index, length }] of writes.entries()) {
          logs.append(index, stream, Buffer.alloc(length, 97 + (n % 26)));
          const kept = [0, 1, 2, 3, 4].map(each => logs.of(each));
          for (const { stdout, stderr } of kept) expect(stdout.length + stderr.length).toBeLessThanOrEqual(8);
          expect(kept.reduce((sum, { stdout, stderr }) => sum + stdout.length + stderr.length, 0)).toBeLessThanOrEqual(
            20,
          );
          if (length > 0) expect(logs.of(index)[stream].at(-1)).toBe(String.fromCharCode(97 + (n % 26)));
        }
      }),
    );
  });
});
