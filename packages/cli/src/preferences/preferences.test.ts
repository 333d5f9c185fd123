import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jobSettings, variables } from '../flags/job-options.js';
import { effectivePreferences } from './effective.js';
import { readPreferences } from './file.js';
import { preferenceKey } from './keys.js';
import { preferencesPath } from './path.js';
import { setPreference, unsetPreference } from './write.js';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-preferences-'));
  vi.stubEnv('MEGALITH_HOME', home);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

describe('preferences', () => {
  it('are kept, read back and forgotten, in a file that only its owner may read', () => {
    expect(readPreferences()).toEqual({});
    expect(setPreference('slots', '4')).toBe(4);
    expect(setPreference('memory', '2GiB')).toBe('2GiB');
    expect(readPreferences()).toEqual({ slots: 4, memory: '2GiB' });
    expect(statSync(preferencesPath()).mode & 0o777).toBe(0o600);
    expect(unsetPreference('slots')).toBe(true);
    expect(unsetPreference('slots')).toBe(false);
    expect(readPreferences()).toEqual({ memory: '2GiB' });
  });

  it.each([
    ['slots', '0'],
    ['slots', '2.5'],
    ['memory', 'much'],
    ['time', '5'],
    ['cpus', '-1'],
    ['retries', ''],
    ['backend', 'moon'],
    ['objective', 'fame'],
    ['deadline', '5'],
    ['budget', 'much'],
    ['budget', '-1'],
    ['home', 'relative/path'],
  ])('refuse %s = %j and keep what was', (key, value) => {
    expect(() => setPreference(key, value)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(readPreferences()).toEqual({});
  });

  it('refuse a key that nobody knows, and name those that are known', () => {
    expect(() => preferenceKey('slot')).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: 'there is no preference "slot"',
        hint: expect.stringContaining('slots'),
      }),
    );
  });

  it.each(['{"slots":"many"}', '{"slot":4}', '[1]', '{'])('name the file where it holds %s', content => {
    writeFileSync(preferencesPath(), content);
    expect(() => readPreferences()).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(home) }),
    );
  });
});

describe('what applies', () => {
  it('is the flag, else the preference', () => {
    const stored = { slots: 4, memory: '2GiB', grace: '5s' };
    const { job, session } = jobSettings({ memory: '1GiB', tag: ['phi'], env: ['A=1=2'], quiet: true }, stored);
    expect(job).toEqual({ memory: '1GiB', grace: '5s', tags: ['phi'], env: { A: '1=2' } });
    expect(session).toMatchObject({ slots: 4, home, grace: '5s', quiet: true });
  });

  it('is the environment before the preference before what is built in', () => {
    const found = effectivePreferences({ slots: 4, memory: '2GiB' }, { MEGALITH_SLOTS: '8' });
    expect(found.find(one => one.key === 'slots')).toMatchObject({ value: 8, source: 'environment' });
    expect(found.find(one => one.key === 'memory')).toMatchObject({ value: '2GiB', source: 'preferences' });
    expect(found.find(one => one.key === 'time')).toMatchObject({
      value: undefined,
      source: 'built-in',
      builtIn: 'none',
    });
  });

  it.each([
    ['memory', 'much'],
    ['deadline', '5'],
    ['budget', '$'],
    ['expected', 'long'],
  ])('names the flag that is wrong: --%s %s', (flag, text) => {
    expect(() => jobSettings({ [flag]: text }, {})).toThrow(`"--${flag}" cannot be "${text}"`);
  });

  it('is a goal of what the job may take and cost', () => {
    const flags = { budget: '$2.50', expected: '90s', label: 'confidential', 'no-escalate': true };
    const { job } = jobSettings(flags, { objective: 'time', deadline: '1h', budget: 1 });
    expect(job).toEqual({
      objective: 'time',
      deadline: '1h',
      budget: 2.5,
      expected: '90s',
      label: 'confidential',
      escalate: false,
    });
  });
});

describe('--env', () => {
  it('takes a value, or the one that is set here', () => {
    expect(variables(['A=', 'B=x=y', 'C'], { C: 'c' })).toEqual({ A: '', B: 'x=y', C: 'c' });
  });

  it.each(['=x', '1A=x', 'a b', 'UNSET'])('refuses %j', flag => {
    expect(() => variables([flag], {})).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
