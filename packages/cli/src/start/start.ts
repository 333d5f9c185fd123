import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SpareHost, startSpareHost } from '@megalith/core';
import type * as Main from '../main.js';
import type { OwnCommands } from '../own-commands.js';
import { preferencesPath } from '../preferences/path.js';
import { requireCompiled } from './compiled-file.js';
import { likelyHost } from './likely-host.js';

/** First words of our own commands, written in by the build. */
declare const ownWords: readonly string[];

/** What the build makes of all the rest: nothing in it has run yet when it is loaded. */
interface Bundle {
  readonly main: () => Promise<typeof Main>;
  readonly own: OwnCommands;
}

/**
 * The first thing that runs, and small. What takes longest is begun first: a job host, which is a process of its own. Then comes
 * all the rest, as one file.
 * @param root the folder of package.json
 */
export async function start(argv: readonly string[], root: string): Promise<void> {
  const spare = likelySpare(argv);
  const [word = ''] = argv;
  if (word === '--version' || ownWords.includes(word)) {
    const bundle = requireCompiled(join(root, 'dist', 'bundle', 'main.cjs')) as Bundle;
    const { main } = await bundle.main();
    await main(argv, root, bundle.own, spare);
  } else {
    // Help topics, completion and guesses for mistyped commands are plugins, which bring an oclif of their own.
    const { main } = await import('../main.js');
    await main(argv, root);
  }
}

function likelySpare(argv: readonly string[]): SpareHost | undefined {
  const options = likelyHost(argv, process.env, () => textOf(preferencesPath()));
  return options && startSpareHost(options);
}

/** Undefined for what can't be read: the command itself says so. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) return undefined;
    throw error;
  }
}
