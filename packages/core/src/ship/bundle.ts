import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { BuildResult, Metafile } from 'esbuild';
import { withBundler } from './bundler.js';
import { quote, type Refusal } from './explain.js';
import { explainFailure, isBuildFailure } from './explain-failure.js';
import { type ImportPlan, importPlugin } from './import-plugin.js';
import { isOwnFile } from './own-package.js';
import { isEntry } from './running-modules.js';
import { sourceMapComment } from './source-map-writer.js';
import type { ModuleText } from './write-module.js';

/** A bundle, and what is to be said of it. */
export interface Bundle {
  readonly code: string;
  /** SHA-256 of the code, hexadecimal. */
  readonly hash: string;
  readonly warnings: readonly string[];
  readonly notPortable: readonly string[];
  /** Files that it was made of. */
  readonly inputs: readonly string[];
}

/** Thrown by `bundleModule`: the caller knows which function it was about. */
export class BundleRefused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.because);
    this.refusal = refusal;
  }
}

// CommonJS packages in a bundle call `require` for Node's own modules. A bundle may be loaded from a `data:` URL, which has no folder.
const banner = [
  `import { createRequire as __megalithCreateRequire } from 'node:module';`,
  `const require = __megalithCreateRequire(import.meta.url.startsWith('file:') ? import.meta.url : process.cwd() + '/');`,
].join('\n');

// All paths in a bundle are then paths from the root, wherever the program runs: the same code has the same hash.
const root = path.parse(process.cwd()).root;

/** @throws BundleRefused */
export async function bundleModule(text: ModuleText): Promise<Bundle> {
  const first = await build(text, { pinnedFiles: new Set(), keepsOwnFilesOut: false });
  // Most bundles are done. Those that know their place, or hold this package, are built again with what that needs.
  const ownFiles = first.inputs.filter(isOwnFile);
  const pinned = knowsItsPlace.test(first.body) ? await filesThatKnowTheirPlace(first.inputs) : [];
  const result =
    ownFiles.length === 0 && pinned.length === 0
      ? first
      : await build(text, { pinnedFiles: new Set(pinned), keepsOwnFilesOut: ownFiles.length > 0 });
  const entry = result.inputs.find(isEntry);
  if (entry !== undefined) {
    throw new BundleRefused({
      because: `its modules import ${quote(path.relative(process.cwd(), entry))}, the program itself, which would run again in every task`,
      hint: `move what they need from ${quote(path.basename(entry))} to a module of its own`,
    });
  }
  const pinnedInputs = pinned.filter(file => result.inputs.includes(file));
  return {
    code: result.code,
    hash: createHash('sha256').update(result.code).digest('hex'),
    warnings: pinnedInputs.map(
      file =>
        `${quote(path.relative(process.cwd(), file))} uses its own place on disk (import.meta or __dirname): its files are not part of the bundle`,
    ),
    notPortable: [
      ...result.notPortable,
      ...pinnedInputs.map(file => `${quote(file)} refers to its place on this machine`),
    ],
    inputs: result.inputs,
  };
}

/** What esbuild calls the module that was written for it. */
const ownSource = 'megalith-ship';

const knowsItsPlace = /\bimport\.meta\b|\b__dirname\b|\b__filename\b/;

async function filesThatKnowTheirPlace(files: readonly string[]): Promise<string[]> {
  const known = await Promise.all(files.map(async file => knowsItsPlace.test(await readFile(file, 'utf8'))));
  return files.filter((_, index) => known[index]);
}

async function build(
  { contents, modules }: ModuleText,
  plan: Pick<ImportPlan, 'pinnedFiles' | 'keepsOwnFilesOut'>,
): Promise<{
  readonly code: string;
  readonly body: string;
  readonly inputs: readonly string[];
  readonly notPortable: ReadonlySet<string>;
}> {
  const notPortable = new Set<string>();
  let result: BuildResult<{ write: false; metafile: true }>;
  try {
    result = await withBundler(esbuild =>
      esbuild.build({
        stdin: {
          contents,
          resolveDir: modules[0]?.fromDir ?? process.cwd(),
          sourcefile: ownSource,
          loader: 'js',
        },
        absWorkingDir: root,
        outfile: path.join(root, 'bundle.mjs'),
        bundle: true,
        write: false,
        metafile: true,
        platform: 'node',
        format: 'esm',
        target: 'node20',
        // As Node itself resolves; esbuild would add `module`, which picks files that Node never loads.
        conditions: [],
        // Lines of the user's code must show in stacks that come back. Names do without `keepNames`, which wraps every closure that
        // is made at run time (0.3 µs each): nothing is minified, so they change only where two modules use the same one.
        sourcemap: 'external',
        sourcesContent: false,
        legalComments: 'none',
        charset: 'utf8',
        logLevel: 'silent',
        plugins: [importPlugin({ ...plan, modules, notPortable })],
      }),
    );
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    throw new BundleRefused(explainFailure(error, modules, root, ownSource));
  }
  const body = result.outputFiles.find(file => file.path.endsWith('.mjs'))!.text;
  const map = result.outputFiles.find(file => file.path.endsWith('.map'))!.text;
  return { code: finish(body, map), body, inputs: inputFiles(result.metafile), notPortable };
}

/** Adds the banner where it is needed, and the source map with absolute paths. */
function finish(body: string, mapText: string): string {
  const map = JSON.parse(mapText) as { sources: string[]; mappings: string };
  map.sources = map.sources.map(source => (path.basename(source) === ownSource ? source : `file:///${source}`));
  const needsRequire = /\brequire\b/.test(body);
  if (needsRequire) map.mappings = ';'.repeat(banner.split('\n').length) + map.mappings;
  return `${needsRequire ? `${banner}\n` : ''}${body}${sourceMapComment(JSON.stringify(map))}`;
}

function inputFiles(metafile: Metafile): string[] {
  return Object.keys(metafile.inputs)
    .filter(input => path.basename(input) !== ownSource && !/^[\w-]+:/.test(input))
    .map(input => path.join(root, input));
}
