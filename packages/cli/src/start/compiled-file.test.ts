import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const compiledFile = fileURLToPath(new URL('../../dist/start/compiled-file.js', import.meta.url));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-compiled-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(stamp: string, code: string): void {
  writeFileSync(join(folder, 'a.cjs'), `// ${stamp}\n${code}\n`);
}

/** What a program sees that loads the file, with options for Node. */
function load(...options: string[]): string {
  const program = `
    import { requireCompiled } from ${JSON.stringify(compiledFile)};
    process.stdout.write(JSON.stringify(requireCompiled(${JSON.stringify(join(folder, 'a.cjs'))})));`;
  return execFileSync(process.execPath, [...options, '--input-type=module', '-e', program], { encoding: 'utf8' });
}

function kept(): string[] {
  return readdirSync(folder).filter(name => name !== 'a.cjs');
}

describe('a file that is kept compiled', () => {
  it('is a CommonJS module like any other', () => {
    write(
      '1',
      'exports.found = [__filename, __dirname, typeof require("node:fs").readFileSync, module.exports === exports];',
    );
    const expected = JSON.stringify({ found: [join(folder, 'a.cjs'), folder, 'function', true] });
    expect([load(), load()]).toEqual([expected, expected]);
  });

  it('requires files beside it, each once and compiled too', () => {
    writeFileSync(join(folder, 'b.cjs'), '// 1\nexports.a = () => require("./a.cjs");');
    write('1', 'exports.self = require("./b.cjs").a() === exports;');
    expect([load(), load()]).toEqual(['{"self":true}', '{"self":true}']);
    expect(kept()).toHaveLength(3);
  });

  it('is compiled once', () => {
    write('1', 'exports.a = 1;');
    load();
    const [name] = kept();
    const before = readFileSync(join(folder, name!));
    load();
    expect(kept()).toEqual([name]);
    expect(readFileSync(join(folder, name!)).equals(before)).toBe(true);
  });

  it('is compiled anew when it has changed, also where its length has not', () => {
    write('1', 'exports.a = 1;');
    load();
    write('2', 'exports.a = 2;');
    expect([load(), load()]).toEqual(['{"a":2}', '{"a":2}']);
    expect(kept()).toHaveLength(1);
  });

  it('is read as text where V8 would compile it otherwise', () => {
    write('1', 'exports.a = 1;');
    load();
    expect(load('--no-lazy', '--stack-size=500')).toBe('{"a":1}');
  });

  it('says where an error comes from', () => {
    write('1', '\nfunction wrong() { return new Error().stack; }\nexports.line = wrong().split("\\n")[1].trim();');
    expect(load()).toContain(`wrong (${join(folder, 'a.cjs')}:3:`);
    expect(load()).toContain(`wrong (${join(folder, 'a.cjs')}:3:`);
  });
});
