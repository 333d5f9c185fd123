import type { TaskEvent } from '@megalith/agent';
import { expect } from 'vitest';

/** One task of the test: a script, what it writes, and how it is to end. */
export interface Planned {
  readonly script: string;
  readonly output: string;
  /** Tries that fail before the one that does not. */
  readonly failures: number;
  /** It runs until it is cancelled. */
  readonly endless: boolean;
}

/** Holds the events that one client got against what has to come: each attempt one last event, output whole and before it. */
export function expectToldOnce(events: readonly TaskEvent[], plan: readonly Planned[], kills: number): void {
  for (const [index, planned] of plan.entries()) {
    const own = events.filter(event => event.index === index);
    try {
      expectTask(own, planned, kills);
    } catch (cause) {
      throw new Error(`task ${index} was told of as ${inShort(own)}`, { cause });
    }
  }
  expect(events.every(event => event.index < plan.length)).toBe(true);
}

function expectTask(events: readonly TaskEvent[], planned: Planned, kills: number): void {
  const attempts = [...new Set(events.map(event => event.attempt))];
  expect(attempts).toEqual(attempts.map((_, position) => position + 1));
  let losses = 0;
  for (const attempt of attempts) {
    const own = events.filter(event => event.attempt === attempt);
    const lasts = own.filter(event => event.type === 'done' || event.type === 'failed');
    const last = own.at(-1);
    expect(lasts).toHaveLength(1);
    expect(lasts[0] === last).toBe(true);
    const isRetried = last?.type === 'failed' && last.retrying === true;
    expect(isRetried).toBe(attempt < attempts.length);
    const code = last?.type === 'failed' ? last.failure.code : undefined;
    if (code === 'AGENT_LOST') losses++;
    const output = written(own);
    // What runs when its host is killed, or when it is cancelled, has written some of it.
    if (code === 'AGENT_LOST' || code === 'CANCELLED') expect(planned.output.startsWith(output)).toBe(true);
    else expect(output.length).toBe(planned.output.length);
  }
  expect(losses).toBeLessThanOrEqual(kills);
  const last = events.at(-1);
  if (planned.endless) {
    expect(last?.type).toBe('failed');
    // A try that fails just as the cancelling reaches it fails for that reason, and is the last.
    const mayFail = planned.failures > 0 && attempts.length <= planned.failures + losses;
    if (last?.type === 'failed') expect(['CANCELLED', ...(mayFail ? ['EXITED'] : [])]).toContain(last.failure.code);
  } else expect(last?.type).toBe('done');
  if (kills === 0 && !planned.endless) expect(attempts).toHaveLength(planned.failures + 1);
}

function inShort(events: readonly TaskEvent[]): string {
  const words = events.map(event => {
    if (event.type === 'log') return `${event.attempt}:log@${event.offset}+${event.bytes.length}`;
    if (event.type !== 'failed') return `${event.attempt}:${event.type}`;
    return `${event.attempt}:${event.failure.code}${event.retrying === true ? ' retrying' : ''}`;
  });
  return words.join(', ') || 'nothing';
}

/** The output of an attempt; the pieces must join. */
function written(events: readonly TaskEvent[]): string {
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const event of events) {
    if (event.type !== 'log') continue;
    expect(event.offset).toBe(end);
    end += event.bytes.length;
    parts.push(event.bytes);
  }
  return Buffer.concat(parts).toString();
}
