import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import type { ModuleRequest } from './definitions.js';
import { packageOf } from './native-package.js';
import { isOwnFile, ownEntrance, ownName } from './own-package.js';
import { modulePrefix } from './write-module.js';

/** What a build is asked to do, and what it finds out on the way. */
export interface ImportPlan {
  readonly modules: readonly ModuleRequest[];
  /** Files whose `import.meta` and `__dirname` are replaced by where they are on this machine. */
  readonly pinnedFiles: ReadonlySet<string>;
  /** True where files of this package were found inside the bundle: every import is then looked at. */
  readonly keepsOwnFilesOut: boolean;
  /** Added to: why the bundle works on this machine only. */
  readonly notPortable: Set<string>;
}

// Marks lookups of our own, which must not come back to us.
const ours = { megalith: true };

/** How imports of a bundle are found: most by esbuild, some left outside the bundle. */
export function importPlugin(plan: ImportPlan): Plugin {
  return {
    name: 'megalith-imports',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${modulePrefix}`) }, async ({ path: index, kind, with: attributes }) => {
        const module = plan.modules[Number(index.slice(modulePrefix.length))]!;
        const specifier = viteFile(module) ?? module.specifier;
        const importer = path.join(module.fromDir, 'megalith.js');
        const from = { resolveDir: module.fromDir, importer, kind, with: attributes };
        const found = await resolve(build, { path: specifier, ...from }, plan);
        return found ?? build.resolve(specifier, { ...from, pluginData: ours });
      });
      // Relative imports come by the hundred and are of no interest, unless they lead to addons or may lead to our own files.
      build.onResolve({ filter: plan.keepsOwnFilesOut ? /./ : /^[^./]|\.node$/ }, args => {
        const isOurs = args.pluginData === ours || args.kind === 'entry-point' || args.path.startsWith(modulePrefix);
        return isOurs ? undefined : resolve(build, args, plan);
      });
      if (plan.pinnedFiles.size > 0) pinFiles(build, plan);
    },
  };
}

type Wanted = Pick<OnResolveArgs, 'path' | 'resolveDir' | 'importer' | 'kind' | 'with'>;

/** Undefined for what cannot be found: esbuild, which knows of optional requires, then words the error. */
async function resolve(build: PluginBuild, wanted: Wanted, plan: ImportPlan): Promise<OnResolveResult | undefined> {
  const { path: specifier, importer, resolveDir, kind, with: attributes } = wanted;
  if (specifier === ownName) return outside(ownEntrance(), kind, plan, `package '${ownName}'`);
  // esbuild does not know file URLs; Node does.
  const name = specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier;
  const found = await build.resolve(name, { importer, resolveDir, kind, with: attributes, pluginData: ours });
  if (found.errors.length > 0) return undefined;
  if (found.external || found.namespace !== 'file') return { path: found.path, external: found.external };
  const file = found.path;
  if (isOwnFile(file)) return outside(file, kind, plan, `package '${ownName}'`);
  if (file.endsWith('.node')) return outside(file, kind, plan, 'native addon');
  const home = packageOf(file);
  if (home?.isNative) return outside(file, kind, plan, `package '${home.name}'`);
  if (specifier.startsWith('@megalith/')) return outside(file, kind, plan, `package '${specifier}'`);
  return { path: file, suffix: found.suffix, sideEffects: found.sideEffects };
}

function outside(file: string, kind: OnResolveArgs['kind'], plan: ImportPlan, what: string): OnResolveResult {
  plan.notPortable.add(`${what} is loaded from ${file}`);
  const isRequire = kind === 'require-call' || kind === 'require-resolve';
  return { path: isRequire ? file : pathToFileURL(file).href, external: true };
}

/** vitest names modules by their path below its root (`/src/x.ts`), or by `/@fs/` and their path. */
function viteFile({ specifier, fromDir }: ModuleRequest): string | undefined {
  if (specifier.startsWith('/@fs/')) return specifier.slice('/@fs'.length);
  if (!specifier.startsWith('/') || existsSync(specifier)) return undefined;
  for (let dir = fromDir; dir !== path.dirname(dir); dir = path.dirname(dir)) {
    const file = path.join(dir, specifier);
    if (existsSync(file)) return file;
  }
  return undefined;
}

function pinFiles(build: PluginBuild, plan: ImportPlan): void {
  build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path: file }) => {
    if (!plan.pinnedFiles.has(file)) return undefined;
    const { code } = await build.esbuild.transform(readFileSync(file, 'utf8'), {
      loader: /\.[cm]?tsx?$/.test(file) ? (file.endsWith('x') ? 'tsx' : 'ts') : file.endsWith('.jsx') ? 'jsx' : 'js',
      sourcefile: file,
      sourcemap: 'inline',
      sourcesContent: false,
      target: 'node20',
      define: {
        'import.meta.url': JSON.stringify(pathToFileURL(file).href),
        'import.meta.filename': JSON.stringify(file),
        'import.meta.dirname': JSON.stringify(path.dirname(file)),
        __filename: JSON.stringify(file),
        __dirname: JSON.stringify(path.dirname(file)),
      },
    });
    return { contents: code, loader: 'js', resolveDir: path.dirname(file) };
  });
}
