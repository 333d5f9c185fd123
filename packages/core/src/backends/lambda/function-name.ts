import { createHash } from 'node:crypto';
import type { LambdaSettings } from './lambda-settings.js';

/** Tags of every function that is ours. The name begins with the same word. */
export const ourTag = 'megalith';
export const ownerTag = 'megalith:owner';
/** The version that a function has: of the agent, and of the settings that it was made with. */
export const versionTag = 'megalith:agent';
/** When a client last said that it uses the function, epoch milliseconds. Functions are never changed, so AWS knows only when they were made. */
export const usedTag = 'megalith:used';

/** AWS's limit, characters. */
const longestName = 64;
const versionLength = 12;

/** What is in a function's name. */
export interface FunctionIdentity {
  readonly owner: string;
  readonly arch: 'arm64' | 'x64';
  readonly memoryMib: number;
  /** 12 hexadecimal digits. */
  readonly version: string;
}

/** A function is never changed: what differs in code or settings has another version, and so another name. */
export function versionOf(
  codeHash: string,
  { runtime, role, timeoutMs, tmpMib }: Pick<LambdaSettings, 'runtime' | 'role' | 'timeoutMs' | 'tmpMib'>,
): string {
  const text = JSON.stringify([codeHash, runtime, role, timeoutMs, tmpMib]);
  return createHash('sha256').update(text).digest('hex').slice(0, versionLength);
}

/** `megalith-OWNER-ARCH-MEMORY-VERSION`, in characters that AWS takes. */
export function functionName({ owner, arch, memoryMib, version }: FunctionIdentity): string {
  const rest = `-${arch}-${memoryMib}-${version}`;
  return `${ourTag}-${ownerInName(owner, longestName - ourTag.length - 1 - rest.length)}${rest}`;
}

/** An owner as it stands in names. What AWS does not take, or is too long, is told apart by a hash. */
function ownerInName(owner: string, most: number): string {
  if (/^[A-Za-z0-9_-]+$/.test(owner) && owner.length <= most) return owner;
  const hash = createHash('sha256').update(owner).digest('hex').slice(0, 8);
  const words = owner
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, most - hash.length - 1);
  return words === '' ? hash : `${words}_${hash}`;
}

const pattern = /^megalith-([A-Za-z0-9_-]+)-(arm64|x64)-(\d+)-([0-9a-f]{12})$/;

/** Reads a name; undefined for one that is not ours. The owner is as names have it. */
export function parseFunctionName(name: string): FunctionIdentity | undefined {
  const [, owner, arch, memory, version] = pattern.exec(name) ?? [];
  if (owner === undefined || arch === undefined || memory === undefined || version === undefined) return undefined;
  return { owner, arch: arch as 'arm64' | 'x64', memoryMib: Number(memory), version };
}

/** Whether a function is that owner's, as far as its name says. */
export function isOwnedBy(name: string, owner: string): boolean {
  const identity = parseFunctionName(name);
  return identity !== undefined && functionName({ ...identity, owner }) === name;
}
