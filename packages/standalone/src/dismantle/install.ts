import { isAbsolute } from 'node:path';
import { MegalithError } from '@megalith/agent';
import { shellQuote } from '../bootstrap/shell-quote.js';

export interface InstallOptions {
  /** Absolute path of Node. */
  readonly node: string;
  /** Absolute path of the CLI's file that Node runs. */
  readonly cli: string;
  /** What the daemon needs of the environment: `MEGALITH_HOME`, `AWS_PROFILE`, … No secrets: everybody may read units. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Between two sweeps of the timer and of cron, whole minutes. @defaultValue 5 */
  readonly everyMinutes?: number;
}

export interface InstallTexts {
  /** For `~/.config/systemd/user/`, by file name. Either `megalith-dismantle.service` is enabled, or the timer. */
  readonly units: Readonly<Record<string, string>>;
  /** For `crontab -e`. */
  readonly cron: string;
}

const purpose = 'Megalith: ends cloud machines that nobody needs';

/**
 * What to put where so that the dismantler runs without anybody at the keyboard. Pure.
 * @throws MegalithError USAGE for paths that are not absolute, and for text that can't be quoted
 */
export function installTexts({ node, cli, environment = {}, everyMinutes = 5 }: InstallOptions): InstallTexts {
  for (const path of [node, cli]) {
    if (!isAbsolute(path)) throw unusable(path, 'is not an absolute path', 'give the whole path, from the root on');
  }
  if (!Number.isInteger(everyMinutes) || everyMinutes < 1 || everyMinutes > 59) {
    throw unusable(String(everyMinutes), 'is not a number of minutes', 'use a whole number from 1 to 59');
  }
  const variables = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of variables) {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw unusable(name, 'is not the name of a variable', 'leave it out');
    plain(value);
  }
  const command = (mode: string): string => [node, cli, 'dismantle', mode].map(systemdWord).join(' ');
  const service = (mode: string, type: string, rest: readonly string[]): string =>
    lines([
      '[Unit]',
      `Description=${purpose}`,
      '',
      '[Service]',
      `Type=${type}`,
      ...variables.map(([name, value]) => `Environment=${systemdQuote(`${name}=${value}`)}`),
      `ExecStart=${command(mode)}`,
      ...rest,
    ]);
  return {
    units: {
      'megalith-dismantle.service': service('--watch', 'exec', [
        'Restart=always',
        'RestartSec=30',
        '',
        '[Install]',
        'WantedBy=default.target',
      ]),
      'megalith-dismantle-once.service': service('--once', 'oneshot', []),
      'megalith-dismantle-once.timer': lines([
        '[Unit]',
        `Description=${purpose}, every ${everyMinutes} min`,
        '',
        '[Timer]',
        'OnStartupSec=1min',
        `OnUnitActiveSec=${everyMinutes}min`,
        'RandomizedDelaySec=15',
        '',
        '[Install]',
        'WantedBy=timers.target',
      ]),
    },
    cron: cronLine(everyMinutes, variables, [node, cli, 'dismantle', '--once']),
  };
}

function cronLine(
  everyMinutes: number,
  variables: readonly (readonly [string, string])[],
  argv: readonly string[],
): string {
  const words = [...variables.map(([name, value]) => `${name}=${cronWord(value)}`), ...argv.map(cronWord)];
  return `*/${everyMinutes} * * * * ${words.join(' ')} >/dev/null 2>&1\n`;
}

/** To cron, `%` is a line's end wherever it stands, unless a backslash is before it; that backslash goes, even inside quotes. */
function cronWord(text: string): string {
  const word = /^[\w./:=@+,-]+$/.test(text) ? text : shellQuote(text);
  return plain(word).replaceAll('%', '\\%');
}

function systemdWord(text: string): string {
  const expanded = plain(text).replaceAll('$', '$$$$');
  return /^[\w./:=@+,-]+$/.test(expanded) ? expanded : systemdQuote(expanded);
}

/** `%` begins a specifier of systemd, and a backslash one of C's escapes. */
function systemdQuote(text: string): string {
  return `"${plain(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;
}

function plain(text: string): string {
  if (/\p{Cc}/u.test(text)) throw unusable(text, 'holds control characters', 'use another path or value');
  return text;
}

function lines(texts: readonly string[]): string {
  return `${texts.join('\n')}\n`;
}

function unusable(text: string, what: string, hint: string): MegalithError {
  return new MegalithError('USAGE', `"${text}" ${what}`, { hint });
}
