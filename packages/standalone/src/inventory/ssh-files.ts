import { readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { MegalithError } from '@megalith/agent';
import { globFiles } from '../ssh/glob-files.js';
import { matchesPattern } from '../ssh/host-pattern.js';
import { findKnownHost, type KnownHost } from '../ssh/known-hosts.js';
import { hostAliases, readSshConfig, type SshConfigSurroundings, type SshHostSettings } from '../ssh/ssh-config.js';

/** What OpenSSH's files of this user and this machine say. */
export interface SshFiles {
  /** What `ssh alias` would use. */
  settings(alias: string): SshHostSettings;
  /** The names of single hosts in the user's config that match one of the patterns; all without patterns. */
  aliases(patterns: readonly string[]): readonly string[];
  /** The keys that are known of a host. */
  known(host: string, port: number): KnownHost;
}

/** @throws MegalithError CONFIG for a file that is there and can't be read */
export function readSshFiles(home: string = homedir()): SshFiles {
  const config = textOf(join(home, '.ssh', 'config'));
  const knownHosts = [
    join(home, '.ssh', 'known_hosts'),
    join(home, '.ssh', 'known_hosts2'),
    '/etc/ssh/ssh_known_hosts',
    '/etc/ssh/ssh_known_hosts2',
  ]
    .map(textOf)
    .join('\n');
  const around: SshConfigSurroundings = {
    home,
    localUser: userInfo().username,
    glob: globFiles,
    readFile: path => textIn(path).text,
  };
  return {
    settings: alias => readSshConfig(config, alias, around),
    aliases: patterns =>
      hostAliases(config, around).filter(
        alias => patterns.length === 0 || patterns.some(pattern => matchesPattern(alias, pattern)),
      ),
    known: (host, port) => findKnownHost(knownHosts, host, port),
  };
}

function textOf(path: string): string {
  const { text, error } = textIn(path);
  if (error !== undefined && error.code !== 'ENOENT' && error.code !== 'ENOTDIR')
    throw new MegalithError('CONFIG', `cannot read "${path}": ${error.message}`, { cause: error });
  return text ?? '';
}

function textIn(path: string): { readonly text?: string; readonly error?: NodeJS.ErrnoException } {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { error: error as NodeJS.ErrnoException };
  }
}
