import { readFileSync } from 'node:fs';

/** The kernel's number of a network interface, which no later one of that name has; `gone` where it went, perhaps as it was read. */
export function linkIndex(name: string): string {
  try {
    return readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8').trim();
  } catch {
    return 'gone';
  }
}
