import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** The agent's one file, and what it is addressed by. */
export interface AgentFile {
  readonly bytes: Buffer;
  /** SHA-256, hex. */
  readonly digest: string;
  /** The digest's first 16 digits: the name of its folder on a host. */
  readonly hash: string;
}

export async function readAgentFile(path: string): Promise<AgentFile> {
  const bytes = await readFile(path);
  const digest = createHash('sha256').update(bytes).digest('hex');
  return { bytes, digest, hash: digest.slice(0, 16) };
}
