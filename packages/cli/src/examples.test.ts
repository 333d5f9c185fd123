import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from '@oclif/core/command';
import { Config } from '@oclif/core/config';
import * as Flags from '@oclif/core/flags';
import * as Parser from '@oclif/core/parser';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
let commands: Command.Loadable[];

beforeAll(async () => {
  const config = await Config.load({ root, ignoreManifest: true });
  commands = config.commands.filter(command => command.pluginName === '@megalith/cli');
});

/** The words of a shell line. */
function words(line: string): string[] {
  return execFileSync('sh', ['-fc', `printf '%s\\0' ${line}`])
    .toString()
    .split('\0')
    .slice(0, -1);
}

describe('help', () => {
  it('gives every command a summary and an example that the command itself understands', async () => {
    expect(commands.length).toBeGreaterThan(12);
    for (const command of commands) {
      expect(command.summary, command.id).toBeTruthy();
      const examples = (command.examples ?? []) as { description: string; command: string }[];
      expect(examples.length, command.id).toBeGreaterThan(0);
      const Class = await command.load();
      for (const example of examples) {
        const line = example.command.replace('<%= config.bin %>', 'megalith');
        const [bin, ...argv] = words(line);
        expect(bin).toBe('megalith');
        const id = command.id.split(':');
        expect(argv.slice(0, id.length), line).toEqual(id);
        const flags = { json: Flags.boolean(), ...Class.baseFlags, ...Class.flags };
        await Parser.parse(argv.slice(id.length), { args: Class.args, flags, strict: Class.strict });
      }
    }
  });
});
