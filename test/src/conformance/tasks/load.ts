import { setTimeout as delay } from 'node:timers/promises';

/** Keeps one processor busy for that much processor time. */
export function burnCpu(ms: number): number {
  const start = process.cpuUsage();
  let turns = 0;
  for (;;) {
    for (let i = 0; i < 100_000; i++) turns += Math.sqrt(i) > 0 ? 1 : 0;
    const { user, system } = process.cpuUsage(start);
    if ((user + system) / 1000 >= ms) return turns;
  }
}

export async function rest(ms: number): Promise<void> {
  await delay(ms);
}

/** Takes that much memory for real: every page is written to. */
export function holdMemory(bytes: number): number {
  return Buffer.alloc(bytes, 1).length;
}
