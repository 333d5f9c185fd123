import { homedir } from 'node:os';
import { join } from 'node:path';
import { configuredPool, type InstallTexts, installTexts, poolIfConfigured } from '@megalith/standalone';
import { poolPlace } from './pool-place.js';

/** What tells the SDK which credentials to take. None of these is a secret. */
const passedOn = [
  'MEGALITH_HOME',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_CA_BUNDLE',
];

export interface InstallAdvice extends InstallTexts {
  readonly notes: readonly string[];
}

/**
 * What to put where so that the dismantler runs without anybody.
 * @param root the folder of this package
 * @throws MegalithError NOT_CONFIGURED, CONFIG, USAGE
 */
export async function dismantleInstall(root: string): Promise<InstallAdvice> {
  const place = poolPlace();
  (await configuredPool(place)).close();
  const environment = Object.fromEntries(
    passedOn.flatMap(name => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
  const texts = installTexts({ node: process.execPath, cli: join(root, 'bin', 'run.cjs'), environment });
  const elsewhere = await poolIfConfigured({ ...place, cwd: homedir() });
  elsewhere?.close();
  const notes = [
    ...(elsewhere === undefined
      ? [
          `warning: only the project here has a section "ec2"; write it into "${join(place.home, 'megalith.yaml')}" too, for what runs in the background`,
        ]
      : []),
    ...(process.env.AWS_ACCESS_KEY_ID
      ? ['warning: the keys of this shell are not passed on; put them into a profile, for what runs in the background']
      : []),
  ];
  return { ...texts, notes };
}

/** For people: each file with its name, then the line for cron. */
export function installText({ units, cron }: InstallTexts): string {
  const files = Object.entries(units).map(([name, text]) => `# ~/.config/systemd/user/${name}\n${text}\n`);
  const enable = [
    '# then, for one that stays:        systemctl --user enable --now megalith-dismantle.service',
    '# or for one sweep now and then:   systemctl --user enable --now megalith-dismantle-once.timer',
    '# and, to go on without a session: loginctl enable-linger',
  ];
  return `${files.join('')}${enable.join('\n')}\n\n# or with cron, in crontab -e\n${cron}`;
}
