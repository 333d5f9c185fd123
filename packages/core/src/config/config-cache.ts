import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@megalith/agent';
import type { ParsedConfig } from './parsed-config.js';

/** To be raised when a rule of the config becomes stricter, or the parsed form changes. */
const format = 3;

interface Kept {
  readonly format: number;
  readonly file: string;
  /** SHA-256 of the file's text. */
  readonly sha256: string;
  readonly config: ParsedConfig;
}

/** The parsed form of each config file, kept under Megalith's home; only files that were found valid are kept. */
export class ConfigCache {
  readonly #folder: string;

  constructor(home: string) {
    this.#folder = join(home, 'cache', 'config');
  }

  /** What this very text was parsed to; undefined where nobody knows. */
  async find(file: string, text: string): Promise<ParsedConfig | undefined> {
    const kept = await readKept(this.#path(file));
    if (kept === undefined) return undefined;
    return kept.format === format && kept.file === file && kept.sha256 === sha256(text) ? kept.config : undefined;
  }

  /** False where the home can't be written to; the next start takes longer, and nothing else. */
  async keep(file: string, text: string, config: ParsedConfig): Promise<boolean> {
    const kept: Kept = { format, file, sha256: sha256(text), config };
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeFileAtomically(this.#path(file), JSON.stringify(kept));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      return false;
    }
  }

  #path(file: string): string {
    return join(this.#folder, `${sha256(file).slice(0, 16)}.json`);
  }
}

/** A damaged copy is as good as none: the file itself is read then. */
async function readKept(path: string): Promise<Kept | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isKept(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).syscall !== undefined) return undefined;
    throw error;
  }
}

function isKept(value: unknown): value is Kept {
  return typeof value === 'object' && value !== null && 'format' in value && 'config' in value;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
