import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chosenId } from './chosen-id.js';
import { JointStanding } from './joint-standing.js';
import { joinedListings, type ListedJob } from './listed-job.js';
import { merged } from './merged.js';

const failure = (code: 'THREW' | 'CANCELLED') => ({ code, message: code }) as const;

describe('a job whose parts are on several machines', () => {
  it('counts a task once, and as done where it was done anywhere', () => {
    const standing = new JointStanding();
    for (const index of [0, 1, 0, 5000]) standing.started(index);
    standing.failed(0, 1, failure('CANCELLED'));
    standing.done(0);
    standing.failed(0, 1, failure('CANCELLED'));
    standing.done(0);
    standing.failed(1, 1, failure('THREW'));
    standing.failed(1, 1, failure('CANCELLED'));
    expect(standing.counts).toEqual({ total: 3, done: 1, failed: 1, cancelled: 0, running: 1 });
    expect(standing.failures).toEqual([{ index: 1, attempt: 1, code: 'THREW', message: 'THREW' }]);
    standing.started(1);
    standing.done(1);
    expect(standing.failures).toEqual([]);
  });

  it('stands the same in whatever order its parts are read', () => {
    const event = fc.record({ index: fc.nat(6), end: fc.constantFrom('done', 'THREW', 'CANCELLED') });
    fc.assert(
      fc.property(fc.array(event), fc.array(event), (a, b) => {
        const countsOf = (parts: (typeof a)[]) => {
          const standing = new JointStanding();
          for (const { index, end } of parts.flat()) {
            if (end === 'done') standing.done(index);
            else standing.failed(index, 1, failure(end as 'THREW' | 'CANCELLED'));
          }
          return standing.counts;
        };
        expect(countsOf([a, b])).toEqual(countsOf([b, a]));
      }),
    );
  });

  it('is one line of a listing', () => {
    const part = (where: string, state: ListedJob['state'], done: number): ListedJob => ({
      id: 'a',
      name: 'a',
      kind: 'function',
      state,
      createdAt: where,
      ...(state === 'running' ? {} : { endedAt: `${where} later` }),
      counts: { total: done, complete: true, done, failed: 0, cancelled: 0, running: 0 },
      tags: [],
      where: [where],
    });
    const [line, ...others] = joinedListings([part('m2', 'done', 4), part('m1', 'cancelled', 3)]);
    expect(others).toEqual([]);
    expect(line).toMatchObject({ state: 'done', createdAt: 'm1', endedAt: 'm2 later', where: ['m2', 'm1'] });
    expect(line!.counts).toMatchObject({ total: 7, done: 7 });
    expect(joinedListings([part('m1', 'done', 1), part('m2', 'running', 0)])[0]).not.toHaveProperty('endedAt');
  });
});

describe('an id', () => {
  it('may be its start, if only one starts so', () => {
    expect(chosenId('ab', ['abc', 'b', 'abc'])).toBe('abc');
    expect(chosenId('ab', ['abc', 'ab'])).toBe('ab');
    expect(chosenId('', ['abc'])).toBeUndefined();
    expect(chosenId('x', ['abc'])).toBeUndefined();
    expect(() => chosenId('a', ['ab', 'ac'])).toThrow('2 jobs start with "a"');
  });
});

describe('several sources', () => {
  it('give all they have, each in its order, and all end when one fails', async () => {
    const ended: string[] = [];
    async function* source(name: string, count: number, error?: Error) {
      try {
        for (let i = 0; i < count; i++) yield `${name}${i}`;
        if (error !== undefined) throw error;
      } finally {
        ended.push(name);
      }
    }
    const all: string[] = [];
    for await (const one of merged([source('a', 3), source('b', 5)])) all.push(one);
    expect(all.filter(one => one.startsWith('a'))).toEqual(['a0', 'a1', 'a2']);
    expect(all).toHaveLength(8);
    const failing = merged([source('c', 0, new Error('gone')), source('d', 9)]);
    await expect(
      (async () => {
        for await (const _ of failing);
      })(),
    ).rejects.toThrow('gone');
    expect(ended).toEqual(['a', 'b', 'c', 'd']);
  });
});
