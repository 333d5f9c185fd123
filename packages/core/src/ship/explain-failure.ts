import { existsSync } from 'node:fs';
import path from 'node:path';
import type { BuildFailure } from 'esbuild';
import type { ModuleRequest } from './definitions.js';
import { quote, type Refusal } from './explain.js';

export function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors);
}

/**
 * What a failed build means to the user: which module is missing, and who wants it.
 * @param root the folder that esbuild's paths start from
 * @param ownSource what esbuild calls the module that was written for it
 */
export function explainFailure(
  failure: BuildFailure,
  modules: readonly ModuleRequest[],
  root: string,
  ownSource: string,
): Refusal {
  const [first] = failure.errors;
  const text = (first?.text ?? failure.message)
    .replace(/"megalith-ship:(\d+)"/g, (_, index: string) => `"${modules[Number(index)]!.specifier}"`)
    .replace(/"([^"]+)"/g, (whole, name: string) =>
      existsSync(path.join(root, name)) ? `"${path.relative(process.cwd(), path.join(root, name))}"` : whole,
    );
  const at = first?.location;
  const isOurs = at === null || at === undefined || path.basename(at.file) === ownSource;
  const place = isOurs ? '' : ` (${path.relative(process.cwd(), path.join(root, at.file))}:${at.line})`;
  const missing = /Could not resolve "([^"]+)"/.exec(text)?.[1];
  return {
    because: `its modules do not bundle: ${text}${place}`,
    hint:
      missing === undefined
        ? 'mend the module, or load it inside the function from where it is installed'
        : missing.startsWith('.') || path.isAbsolute(missing)
          ? `check that ${quote(missing)} exists`
          : `install it: npm install ${missing
              .split('/')
              .slice(0, missing.startsWith('@') ? 2 : 1)
              .join('/')}`,
    cause: failure,
  };
}
