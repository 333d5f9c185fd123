import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The package that a file belongs to. */
export interface PackageInfo {
  readonly name: string;
  readonly dir: string;
  /** True where it has compiled code, or finds its files through their place on disk as such packages do. */
  readonly isNative: boolean;
}

const nativeHelpers = [
  'bindings',
  'node-gyp-build',
  'node-pre-gyp',
  '@mapbox/node-pre-gyp',
  'prebuild-install',
  'node-addon-api',
];
/** How prebuilt binaries are published: `@img/sharp-linux-x64`, `lightningcss-linux-arm64-gnu`. */
const platformPackage = /(linux|darwin|win32)[-_](x64|arm64)/;

const packages = new Map<string, PackageInfo | undefined>();

/** Undefined for files of no installed package: the user's own. */
export function packageOf(file: string): PackageInfo | undefined {
  const end = file.lastIndexOf(`${path.sep}node_modules${path.sep}`);
  if (end === -1) return undefined;
  const below = file.slice(end + '/node_modules/'.length).split(path.sep);
  const name = below.slice(0, below[0]?.startsWith('@') ? 2 : 1).join('/');
  const dir = path.join(file.slice(0, end), 'node_modules', name);
  if (!packages.has(dir)) packages.set(dir, readPackage(name, dir));
  return packages.get(dir);
}

function readPackage(name: string, dir: string): PackageInfo | undefined {
  const manifest = path.join(dir, 'package.json');
  if (!existsSync(manifest)) return undefined;
  const fields = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>;
  const namesOf = (key: string): string[] => Object.keys((fields[key] ?? {}) as object);
  const isNative =
    fields.gypfile === true ||
    fields.napi !== undefined ||
    ['binding.gyp', 'prebuilds'].some(item => existsSync(path.join(dir, item))) ||
    namesOf('dependencies').some(item => nativeHelpers.includes(item)) ||
    namesOf('optionalDependencies').some(item => platformPackage.test(item));
  return { name, dir, isNative };
}
