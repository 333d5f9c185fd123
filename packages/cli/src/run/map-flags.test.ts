import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { moduleExport, moduleUrl, reduceExport } from './module-export.js';
import { sharedFiles } from './shared-flag.js';

describe('MODULE#EXPORT', () => {
  it.each([
    ['./a.ts#f', './a.ts', 'f'],
    ['dir#1/a.js#f', 'dir#1/a.js', 'f'],
    ['a.js', 'a.js', 'default'],
  ])('reads %s', (text, module, exportName) => {
    expect(moduleExport(text)).toEqual({ module, exportName });
  });

  it.each(['#f', './a.ts#', ''])('refuses %j', text => {
    expect(() => moduleExport(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('takes the reduce from the same module unless told otherwise', () => {
    const work = moduleExport('./a.ts#f');
    expect(reduceExport('total', work)).toEqual({ module: './a.ts', exportName: 'total' });
    expect(reduceExport('b.ts#sum', work)).toEqual({ module: 'b.ts', exportName: 'sum' });
  });

  it('is a path from here', () => {
    expect(moduleUrl(moduleExport('x y.ts#f')).href).toBe(`file://${resolve('x y.ts').replaceAll(' ', '%20')}`);
  });
});

describe('--shared', () => {
  it('reads names, files and types', () => {
    expect(sharedFiles(['a=x.bin', 'b=dir/y=1.f64:Float64Array', 'c=z:odd'])).toEqual({
      a: { kind: 'shared-file', path: resolve('x.bin'), type: 'Buffer' },
      b: { kind: 'shared-file', path: resolve('dir/y=1.f64'), type: 'Float64Array' },
      c: { kind: 'shared-file', path: resolve('z:odd'), type: 'Buffer' },
    });
  });

  it.each([['nofile'], ['=x'], ['a='], ['a=x:Float16Array'], ['a=x', 'a=y']])('refuses %j %j', (...flags) => {
    expect(() => sharedFiles(flags)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
