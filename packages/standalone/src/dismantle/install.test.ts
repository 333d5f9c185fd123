import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { installTexts } from './install.js';

const plain = { node: '/usr/bin/node', cli: '/opt/megalith/bin/run.cjs' };

it('gives a service that watches, a timer that sweeps once, and a line for cron', () => {
  const { units, cron } = installTexts({ ...plain, environment: { MEGALITH_HOME: '/home/ada/.megalith' } });
  expect(units['megalith-dismantle.service']).toBe(`[Unit]
Description=Megalith: ends cloud machines that nobody needs

[Service]
Type=exec
Environment="MEGALITH_HOME=/home/ada/.megalith"
ExecStart=/usr/bin/node /opt/megalith/bin/run.cjs dismantle --watch
Restart=always
RestartSec=30

[Install]
WantedBy=default.target
`);
  expect(units['megalith-dismantle-once.service']).toContain(
    'Type=oneshot\nEnvironment="MEGALITH_HOME=/home/ada/.megalith"\nExecStart=/usr/bin/node /opt/megalith/bin/run.cjs dismantle --once\n',
  );
  expect(units['megalith-dismantle-once.timer']).toContain('OnUnitActiveSec=5min\n');
  expect(cron).toBe(
    '*/5 * * * * MEGALITH_HOME=/home/ada/.megalith /usr/bin/node /opt/megalith/bin/run.cjs dismantle --once >/dev/null 2>&1\n',
  );
});

it('quotes what systemd would read otherwise', () => {
  const { units } = installTexts({ node: '/opt/a b/100%/"n"\\$x', cli: '/c', environment: { A: '50% "x" $y' } });
  expect(units['megalith-dismantle.service']).toContain(
    'ExecStart="/opt/a b/100%%/\\"n\\"\\\\$$x" /c dismantle --watch\n',
  );
  expect(units['megalith-dismantle.service']).toContain('Environment="A=50%% \\"x\\" $y"\n');
});

it('writes a line that cron and its shell read back as it was meant', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', ' ', '%', '\\', "'", '"', '$', '`', ';', '#', '*', 'é'),
    minLength: 1,
    maxLength: 12,
  });
  const folder = mkdtempSync(join(tmpdir(), 'megalith-cron-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const show = join(folder, 'show.sh');
  writeFileSync(show, 'printf "%s\\n" "$A" "$@"\n');
  fc.assert(
    fc.property(text, text, (path, value) => {
      const { cron } = installTexts({ node: `/${path}`, cli: '/c', environment: { A: value } });
      // What cron itself does: five fields off, `\\%` is `%`, a bare `%` ends the command.
      const command = cron
        .trimEnd()
        .split(' ')
        .slice(5)
        .join(' ')
        .replace(/ >\/dev\/null 2>&1$/, '');
      expect(command.replaceAll('\\%', '')).not.toContain('%');
      const words = command.replaceAll('\\%', '%');
      const assigned = /^A=/.test(words) ? words : '';
      const { stdout } = spawnSync(
        'sh',
        ['-c', assigned.replace(/^(A=(?:[\w./:=@+,-]+|(?:'[^']*'|\\')+)) /, `$1 sh "${show}" `)],
        {
          encoding: 'utf8',
        },
      );
      expect(stdout).toBe(`${value}\n/${path}\n/c\ndismantle\n--once\n`);
    }),
    { numRuns: 60 },
  );
});

it.each([
  ['a relative path', { ...plain, node: 'node' }],
  ['a path with a line’s end', { ...plain, cli: '/a\nExecStart=/b' }],
  ['a value with a line’s end', { ...plain, environment: { A: 'a\nb' } }],
  ['a name that is none', { ...plain, environment: { 'A B': 'a' } }],
  ['no minutes', { ...plain, everyMinutes: 0 }],
])('refuses %s', (_what, options) => {
  expect(() => installTexts(options)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
