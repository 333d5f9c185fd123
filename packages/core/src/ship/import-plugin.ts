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
      build.onResolve({ filter: new RegExp(`^${modulePrefix}`) }, async ({ path: specifier, kind }) => {
        const module = plan.modules[Number(specifier.slice(modulePrefix.length))]!;
        const importer = path.join(module.fromDir, 'megalith.js');
        const wanted = viteFile(module) ?? module.specifier;
        return build.resolve(wanted, { resolveDir: module.fromDir, importer, kind });
      });
      build.onResolve({ filter: /\.node$/ }, async args => {
        if (args.pluginData === ours) return undefined;
        const found = await resolve(build, args);
        if (found === undefined) return undefined;
        plan.notPortable.add(`native addon ${found.path} is loaded from there`);
        return { path: found.path, external: true };
      });
      // Relative imports come by the hundred and are of no interest, unless they may lead to our own files.
      build.onResolve({ filter: plan.keepsOwnFilesOut ? /./ : /^[^./]/ }, async args => {
        if (args.pluginData === ours || args.kind === 'entry-point' || args.path.startsWith(modulePrefix))
          return undefined;
        if (args.path === ownName) return outside(ownEntrance(), args, plan, ownName);
        const found = await resolve(build, args);
        if (found === undefined) return undefined;
        if (isOwnFile(found.path)) return outside(found.path, args, plan, ownName);
        const home = packageOf(found.path);
        if (home?.name.startsWith('@megalith/') || home?.isNative) return outside(found.path, args, plan, home.name);
        return found;
      });
      if (plan.pinnedFiles.size > 0) pinFiles(build, plan);
    },
  };
}

async function resolve(
  build: PluginBuild,
  { path: specifier, importer, resolveDir, kind, with: attributes }: OnResolveArgs,
): Promise<(OnResolveResult & { path: string }) | undefined> {
  // esbuild does not know file URLs; Node does.
  const wanted = specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier;
  const found = await build.resolve(wanted, { importer, resolveDir, kind, with: attributes, pluginData: ours });
  // What cannot be found is left to esbuild, which knows of optional requires and words the error.
  if (found.errors.length > 0 || found.external || found.namespace !== 'file') return undefined;
  return { path: found.path, suffix: found.suffix, sideEffects: found.sideEffects };
}

function outside(file: string, { kind }: OnResolveArgs, plan: ImportPlan, name: string): OnResolveResult {
  plan.notPortable.add(`package '${name}' is loaded from ${file}`);
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
