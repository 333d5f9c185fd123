import type { HostEntry } from './host-entry.js';

export type JumpProblem =
  | { readonly name: string; readonly kind: 'unknown'; readonly jump: string }
  /** From the host back to itself: `['a', 'b', 'a']`. */
  | { readonly name: string; readonly kind: 'circle'; readonly way: readonly string[] };

/** The first host that no chain of jumps leads to; undefined where each can be reached. */
export function jumpProblem(hosts: readonly Pick<HostEntry, 'name' | 'jump'>[]): JumpProblem | undefined {
  const byName = new Map(hosts.map(host => [host.name, host]));
  for (const { name } of hosts) {
    const way = [name];
    for (let at = byName.get(name)!; at.jump !== undefined; ) {
      const next = byName.get(at.jump);
      if (next === undefined) return { name: at.name, kind: 'unknown', jump: at.jump };
      const before = way.indexOf(next.name);
      way.push(next.name);
      if (before !== -1) return { name: next.name, kind: 'circle', way: way.slice(before) };
      at = next;
    }
  }
  return undefined;
}
