import { loadConfigParser } from '@megalith/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { withHost, withoutHost } from './edit-config.js';
import type { HostEntry } from './host-entry.js';

const parser = await loadConfigParser();
const file = { file: '/p/megalith.yaml', parser };
const parseConfig = (text: string) => parser.parseConfig(text, file.file);
const key = `SHA256:${'A'.repeat(43)}`;
const beta: HostEntry = { name: 'beta', address: '10.0.0.8', user: 'megan', hostKeys: [key] };

describe('an entry', () => {
  it.each([
    ['an empty file', '', ''],
    ['comments alone', '# ours\n', '# ours\n\n'],
    ['another section', '# ours\nagent:   {idle: 10m} # short\n', '# ours\nagent:   {idle: 10m} # short\n\n'],
  ])('is added to %s', (_, before, kept) => {
    expect(withHost(before, beta, file)).toBe(
      `${kept}hosts:\n  beta:\n    address: 10.0.0.8\n    user: megan\n    hostKeys:\n      - ${key}\n`,
    );
  });

  it('is added behind the others, and no other byte changes', () => {
    const hosts = `# our hosts\nhosts:   # of the lab\n    # the first\n    alpha:\n        address:   10.0.0.7   # by the door\n        user: 'megan'\n\n    # unused\n    door: {address: door, user: root}\n`;
    const after = '\n# agents\nagent:\n    idle: 10m\n';
    const edited = withHost(hosts + after, beta, file);
    expect(edited.startsWith(`${hosts}\n    beta:\n        address: 10.0.0.8\n`)).toBe(true);
    expect(edited.endsWith(after)).toBe(true);
    expect(withoutHost(edited, 'beta', file)?.replaceAll('\n\n', '\n')).toBe((hosts + after).replaceAll('\n\n', '\n'));
  });

  it('is added under an empty section, without a last newline, and in flow style', () => {
    expect(withHost('hosts:   # none yet\nagent: {}\n', beta, file)).toMatch(
      /^hosts: {3}# none yet\n {2}beta:\n[\s\S]*\nagent: \{\}\n$/,
    );
    expect(withHost('hosts:\n  a: {address: a, user: u}', beta, file)).toMatch(/user: u\}\n {2}beta:\n/);
    const flow = withHost('hosts: {a: {address: a, user: u}} # all\n', beta, file);
    expect(parseConfig(flow).hosts.map(host => host.name)).toEqual(['a', 'beta']);
    expect(flow).toContain('# all');
  });

  it('is changed in place: comments and unchanged fields stay', () => {
    const text = `hosts:\n  # the old one\n  beta:\n    address: 10.0.0.8 # rack 2\n    user: megan\n    port: 2222\n    hostKeys: [${key}]\n`;
    const edited = withHost(text, { ...beta, user: 'root', memoryBytes: 2 ** 36 }, file);
    expect(edited).toContain('# the old one');
    expect(edited).toContain('10.0.0.8 # rack 2');
    expect(edited).not.toContain('port');
    expect(parseConfig(edited).hosts).toEqual([{ ...beta, user: 'root', memoryBytes: 2 ** 36 }]);
  });

  it('is taken out with the comment above it, and the neighbours keep theirs', () => {
    const text = `hosts:\n  # first\n  alpha:\n    address: a\n    user: u\n  # second\n  beta:\n    address: b # here\n    user: u\n  # third\n  gamma:\n    address: c\n    user: u\n# the end\n`;
    expect(withoutHost(text, 'beta', file)).toBe(
      text.replace('  # second\n  beta:\n    address: b # here\n    user: u\n', ''),
    );
    expect(withoutHost(text, 'gamma', file)).toContain('# the end');
    const first = withoutHost(text, 'alpha', file);
    expect(parseConfig(first!).hosts.map(host => host.name)).toEqual(['beta', 'gamma']);
    expect(first).toMatch(/# second[\s\S]*# here[\s\S]*# third[\s\S]*# the end/);
    expect(withoutHost(text, 'delta', file)).toBeUndefined();
  });

  it('is refused where the file is no map', () => {
    expect(() => withHost('- a\n', beta, file)).toThrow(expect.objectContaining({ code: 'CONFIG' }));
  });
});

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,12}$/);
const word = fc.stringMatching(/^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,12}$/);
const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const entry: fc.Arbitrary<Omit<HostEntry, 'name'>> = fc
  .record({
    address: word,
    user: word,
    port: optional(fc.integer({ min: 1, max: 65_535 })),
    identityFile: optional(fc.string({ minLength: 1, unit: 'grapheme' }).filter(text => !/\p{Cc}/u.test(text))),
    hostKeys: fc.array(fc.stringMatching(/^SHA256:[A-Za-z0-9+/]{43}$/), { maxLength: 3 }),
    cpus: optional(fc.integer({ min: 1, max: 512 })),
    memoryBytes: optional(fc.integer({ min: 1, max: 2 ** 45 })),
    clearance: optional(fc.constantFrom('public', 'internal', 'confidential', 'restricted')),
    folder: optional(fc.constantFrom('~/m', '/data/me ga: #lith', "it's", '- a', 'null', '12')),
  })
  .map(fields => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never);
const note = fc.stringMatching(/^[a-z :#'"{}[\]-]{0,20}$/);

/** A file as people leave it: entries in block or flow style, comments and empty lines anywhere. */
const written = fc
  .record({
    hosts: fc.uniqueArray(fc.tuple(name, entry, note, fc.boolean(), fc.boolean()), {
      selector: ([each]) => each,
      maxLength: 4,
    }),
    indent: fc.constantFrom(2, 3, 4),
    head: note,
    tail: note,
    agentFirst: fc.boolean(),
  })
  .map(({ hosts, indent, head, tail, agentFirst }) => {
    const pad = ' '.repeat(indent);
    const blocks = hosts.map(([host, { memoryBytes, ...fields }, text, gap, comment], i) => {
      const yaml = stringify({ [host]: { ...fields, memory: memoryBytes } }, { indent, lineWidth: 0 });
      const lines = yaml.split('\n').map(line => (line === '' ? line : pad + line));
      lines[0] += `   # beside ${i} ${text}`;
      return `${gap ? '\n' : ''}${comment ? `${pad}# above ${i} ${text}\n` : ''}${lines.join('\n')}`;
    });
    const agent = 'agent:\n  idle: 10m # soon\n';
    const section = `hosts: # ${head}\n${blocks.join('')}`;
    return {
      text: agentFirst ? `${agent}\n${section}` : `# ${tail}\n${section}\n${agent}# ${tail}\n`,
      hosts: hosts.map(([host, fields]) => ({ name: host, ...fields }) as HostEntry),
    };
  });

describe('any file', () => {
  // JavaScript puts names that are numbers first.
  const sorted = (hosts: readonly HostEntry[]) => hosts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const linesOf = (text: string) => text.split('\n').filter(line => line.trim() !== '');

  it('reads back what was written, with every line of before in its order', () => {
    fc.assert(
      fc.property(written, name, entry, ({ text, hosts }, added, fields) => {
        fc.pre(!hosts.some(host => host.name === added));
        const host = { name: added, ...fields };
        const edited = withHost(text, host, file);
        expect(sorted(parseConfig(edited).hosts)).toEqual(sorted([...hosts, host]));
        const rest = linesOf(edited);
        for (const line of linesOf(text)) {
          const at = rest.indexOf(line);
          expect(at).not.toBe(-1);
          rest.splice(0, at + 1);
        }
      }),
    );
  });

  it('loses one host and nothing of another', () => {
    fc.assert(
      fc.property(written, fc.nat(), ({ text, hosts }, pick) => {
        fc.pre(hosts.length > 0);
        const gone = pick % hosts.length;
        const edited = withoutHost(text, hosts[gone]!.name, file)!;
        const { hosts: left, agent } = parseConfig(edited);
        expect(sorted(left)).toEqual(sorted(hosts.filter((_, i) => i !== gone)));
        expect(agent).toEqual({ idleMs: 600_000 });
        for (const i of hosts.keys()) expect(edited.includes(`# beside ${i} `)).toBe(i !== gone);
        expect(edited).toContain('# soon');
      }),
    );
  });

  it('has one entry changed to anything else', () => {
    fc.assert(
      fc.property(written, fc.nat(), entry, ({ text, hosts }, pick, fields) => {
        fc.pre(hosts.length > 0);
        const at = pick % hosts.length;
        const changed = { name: hosts[at]!.name, ...fields };
        const edited = withHost(text, changed, file);
        expect(sorted(parseConfig(edited).hosts)).toEqual(sorted(hosts.map((host, i) => (i === at ? changed : host))));
        for (const i of hosts.keys()) expect(edited).toContain(`# beside ${i} `);
      }),
    );
  });
});
