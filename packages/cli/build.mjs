// Writes what makes a start quick: oclif.manifest.json (what commands and flags there are) and dist/bundle (all code in few files).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { Config } from '@oclif/core/config';
import { build, transform } from 'esbuild';

const root = import.meta.dirname;
const bundle = join(root, 'dist', 'bundle');

/** Where the packages of the bundle are when it runs: their files, and what they load by name, is looked for from there. */
const places = `
function packagePlace(name) {
  let found;
  const place = () => found ??= require('node:module').createRequire(require.resolve(name));
  const url = path => require('node:url').pathToFileURL(path).href;
  return {
    require: name => place()(name),
    resolve: name => url(place().resolve(name)),
    get url() { return url(require.resolve(name)); },
  };
}
const core = packagePlace('@megalith/core'), standalone = packagePlace('@megalith/standalone');
`;

const cloudLibraries = /^(@aws-sdk\/[a-z0-9-]+|@redis\/client|node-forge)$/;
const fromClouds = replaced(cloudLibraries, name => `require('./clouds.cjs').libraries['${name}']`);

const eachInItsPlace = {
  name: 'each-in-its-place',
  setup(build) {
    // Programs of their own, machine code, and what need not be installed.
    build.onResolve({ filter: /^(esbuild|cpu-features|@azure\/[a-z-]+)$|\.node$/ }, ({ path, importer }) => {
      const place = importer.includes(`${sep}core${sep}dist${sep}`) ? 'core' : 'standalone';
      const name = path.startsWith('.') ? join(importer, '..', path).split(`${sep}node_modules${sep}`).at(-1) : path;
      return { path: name, namespace: 'outside', pluginData: place };
    });
    build.onLoad({ filter: /./, namespace: 'outside' }, ({ path, pluginData: place }) => ({
      contents: `module.exports = ${place}.require(${JSON.stringify(path)});`,
    }));
    build.onLoad({ filter: /[\\/](core|standalone)[\\/]dist[\\/].*\.js$/ }, async ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta')) return undefined;
      const place = path.includes(`${sep}core${sep}dist${sep}`) ? 'core' : 'standalone';
      const define = { 'import.meta.url': `${place}.url`, 'import.meta.resolve': `${place}.resolve` };
      return { contents: (await transform(text, { define, sourcefile: path })).code };
    });
  },
};

const manifest = await writeManifest();
mkdirSync(bundle, { recursive: true });
await Promise.all([bundleStart(), bundleMain(), bundleStandalone(), bundleClouds()]);
compile();

async function writeManifest() {
  const path = join(root, 'oclif.manifest.json');
  // Otherwise the manifest of before would be read, and written again.
  rmSync(path, { force: true });
  const config = await Config.load(root);
  const { manifest } = config.plugins.get(config.pjson.name);
  writeFileSync(path, `${JSON.stringify(manifest)}\n`);
  return manifest;
}

function bundleStart() {
  const words = Object.keys(manifest.commands).map(id => id.split(':')[0]);
  return bundled('start.cjs', {
    entryPoints: [join(root, 'dist', 'start', 'start.js')],
    define: { ownWords: JSON.stringify([...new Set(words)]) },
  });
}

function bundleMain() {
  const loaders = Object.keys(manifest.commands).map(id => {
    const file = `./dist/commands/${fileOf(id)}`;
    return `${JSON.stringify(id)}: () => import(${JSON.stringify(file)})`;
  });
  return bundled('main.cjs', {
    stdin: {
      resolveDir: root,
      contents: `
        import manifest from './oclif.manifest.json';
        import pjson from './package.json';
        export const own = { manifest, pjson, load: { ${loaders.join(', ')} } };
        export const main = () => import('./dist/main.js');
        export const shared = {
          get '@megalith/agent'() { return require('../../agent/dist/index.js'); },
          get '@megalith/core'() { return require('@megalith/core'); },
        };`,
    },
    plugins: [eachInItsPlace, fromClouds, replaced(/^@megalith\/standalone$/, () => `require('./standalone.cjs')`)],
  });
}

/** With `ssh2` and what reads configuration it is as large as all the rest, and few commands want it. */
function bundleStandalone() {
  return bundled('standalone.cjs', {
    entryPoints: [join(root, 'node_modules', '@megalith', 'standalone', 'dist', 'index.js')],
    plugins: [
      eachInItsPlace,
      replaced(/^@megalith\/(agent|core)$/, name => `require('./main.cjs').shared['${name}']`),
      fromClouds,
    ],
  });
}

/** What talks to clouds is several times as large as all the rest, and only who has something there wants it. */
function bundleClouds() {
  const getters = ['core', 'standalone'].flatMap(name => {
    const folder = realpathSync(join(root, 'node_modules', '@megalith', name));
    const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const { resolve } = createRequire(join(folder, 'package.json'));
    return Object.keys(dependencies)
      .filter(library => cloudLibraries.test(library))
      .map(library => `get '${library}'() { return require('${resolve(library)}'); }`);
  });
  const contents = `exports.libraries = { ${getters.join(', ')} };`;
  return bundled('clouds.cjs', { stdin: { resolveDir: root, contents } });
}

/** Imports with such names give what an expression does when it runs. */
function replaced(filter, expression) {
  return {
    name: 'replaced',
    setup(build) {
      const namespace = `replaced ${filter}`;
      build.onResolve({ filter }, ({ path }) => ({ path, namespace }));
      build.onLoad({ filter: /./, namespace }, ({ path }) => ({
        contents: `module.exports = ${expression(path)};`,
      }));
    },
  };
}

function fileOf(id) {
  const { relativePath } = manifest.commands[id];
  return relativePath.slice(2).join('/');
}

async function bundled(name, options) {
  const { outputFiles } = await build({
    outfile: join(bundle, name),
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // Not minified, for the sake of stack traces: compiled code is kept, so that the length of the text costs little.
    legalComments: 'none',
    logLevel: 'warning',
    logOverride: { 'require-resolve-not-external': 'silent' },
    // What is imported late is run late all the same, and a compiled file can't import.
    supported: { 'dynamic-import': name === 'start.cjs' },
    external: ['./main.cjs', './standalone.cjs', './clouds.cjs', '../main.js'],
    banner: { js: places },
    plugins: [eachInItsPlace],
    ...options,
  });
  // ASCII is read in a third of the time; esbuild leaves other characters in regular expressions and comments.
  const text = outputFiles[0].text.replace(
    /[^\0-\x7f]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const hash = createHash('sha256').update(text).digest('hex');
  // At once: whoever runs the command meanwhile gets the old or the new.
  const draft = join(bundle, `${name}.${process.pid}`);
  writeFileSync(draft, `// ${hash}\n${text}`);
  renameSync(draft, join(bundle, name));
}

/** Runs a command once, so that a checkout begins with compiled code. What is installed compiles when first used. */
function compile() {
  const home = mkdtempSync(join(tmpdir(), 'megalith-build-'));
  try {
    const env = { ...process.env, MEGALITH_HOME: home };
    execFileSync(process.execPath, [join(root, 'bin', 'run.cjs'), 'run', '--', 'true'], { env, stdio: 'inherit' });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
