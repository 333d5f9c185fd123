import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout } from './user-folder.js';

/** What Node runs as `megalith`. */
export const bin = join(checkout, 'packages/cli/bin/run.cjs');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Somebody at a command line, with a home of their own. */
export interface CloudClient {
  readonly folder: string;
  readonly home: string;
  /** The environment of what they start. */
  readonly env: NodeJS.ProcessEnv;
  /** Writes the section `ec2` of their config. */
  configure(ec2: object): void;
  megalith(...args: readonly string[]): Promise<Ended>;
  /** The object that a command prints with `--json`. */
  json(...args: readonly string[]): Promise<unknown>;
  close(): void;
}

export function cloudClient(): CloudClient {
  const folder = mkdtempSync(join(tmpdir(), 'megalith-cloud-'));
  const home = join(folder, 'megalith');
  mkdirSync(join(folder, 'tmp'));
  mkdirSync(home);
  const { SSH_AUTH_SOCK: _, AWS_PROFILE: __, ...inherited } = process.env;
  const env = {
    ...inherited,
    HOME: folder,
    TMPDIR: join(folder, 'tmp'),
    MEGALITH_HOME: home,
    NO_COLOR: '1',
    AWS_ACCESS_KEY_ID: 'AKIATEST',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  const megalith = (...args: readonly string[]): Promise<Ended> =>
    new Promise(resolve => {
      const child = execFile(process.execPath, [bin, ...args], { cwd: folder, env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
      child.stdin?.end();
    });
  return {
    folder,
    home,
    env,
    configure: ec2 => writeFileSync(join(home, 'megalith.yaml'), JSON.stringify({ ec2 })),
    megalith,
    async json(...args) {
      const { stdout, stderr } = await megalith(...args, '--json');
      try {
        return JSON.parse(stdout) as unknown;
      } catch (error) {
        throw new Error(`megalith ${args.join(' ')} --json printed no object: ${stdout}${stderr}`, { cause: error });
      }
    },
    close: () => rmSync(folder, { recursive: true, maxRetries: 5 }),
  };
}
