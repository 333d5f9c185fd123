import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MegalithError } from '../errors.js';
import type { LambdaRequest } from '../protocol/lambda-messages.js';
import type { BundleRef, FunctionWork } from '../protocol/messages.js';
import { getSigned } from './signed-url.js';

/** `/tmp` is small, and a sandbox may serve many jobs. */
const keptBundles = 32;

/**
 * The work with the text of its bundles filled in, where a store has it and this sandbox has not had it before.
 * @throws MegalithError STORE_FAILED, and PROTOCOL for a text that is not the one of its hash
 */
export async function withText(
  work: FunctionWork,
  code: NonNullable<LambdaRequest['code']>,
  home: string,
  timeoutMs: number,
): Promise<FunctionWork> {
  const isThere = existsSync(join(bundlesFolder(home), `${code.hash}.mjs`));
  const text = isThere ? '' : (await getSigned(code.get, timeoutMs)).toString();
  if (!isThere && createHash('sha256').update(text).digest('hex') !== code.hash) {
    throw new MegalithError('PROTOCOL', `the store gave another bundle than "${code.hash}"`);
  }
  const filled = (bundle: BundleRef): BundleRef => (bundle.hash === code.hash ? { ...bundle, code: text } : bundle);
  const shared = work.shared.map(one => (one.source === 'load' ? { ...one, bundle: filled(one.bundle) } : one));
  return { ...work, bundle: filled(work.bundle), shared };
}

/** Removes the oldest bundles where they have become many. Slots that loaded one do not need its file. */
export function pruneBundles(home: string): void {
  const folder = bundlesFolder(home);
  if (!existsSync(folder)) return;
  const files = readdirSync(folder).map(name => join(folder, name));
  if (files.length <= keptBundles) return;
  const oldestFirst = files.map(file => ({ file, at: statSync(file).mtimeMs })).sort((a, b) => a.at - b.at);
  for (const { file } of oldestFirst.slice(0, files.length - keptBundles)) rmSync(file, { force: true });
}

function bundlesFolder(home: string): string {
  return join(home, 'bundles');
}
