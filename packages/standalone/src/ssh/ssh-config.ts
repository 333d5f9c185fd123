import { isAbsolute, join } from 'node:path';
import { matchesPatternList } from './host-pattern.js';
import { type ConfigLine, configLines } from './ssh-config-lines.js';

/** What is outside of the text. */
export interface SshConfigSurroundings {
  /** The user's home: `~`, and `%d`. */
  readonly home: string;
  /** The name of the user here: `%u`, and who logs in where nothing else is told. */
  readonly localUser: string;
  /** The paths that a pattern of `Include` stands for, in order; none where nothing matches. */
  glob(pattern: string): readonly string[];
  /** The text of an included file; undefined where it can't be read, which OpenSSH passes over as well. */
  readFile(path: string): string | undefined;
}

interface SshJump {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/** What the configuration says of one host. */
export interface SshHostSettings {
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** In order of preference, expanded; empty where none is told. */
  readonly identityFiles: readonly string[];
  /** The hosts to go through, the first one first. */
  readonly jumps: readonly SshJump[];
  /** What was passed over, one sentence each. */
  readonly warnings: readonly string[];
}

interface Found {
  hostName?: string;
  port?: string;
  user?: string;
  proxyJump?: string;
  hasProxyCommand?: true;
  readonly identityFiles: string[];
  readonly warnings: string[];
}

/** As in OpenSSH. */
const deepestInclude = 16;

/**
 * Reads from the text of `~/.ssh/config` what OpenSSH would use for a host: the first value of each setting wins, identity
 * files add up. Knows `Host`, `Include`, and `Match` with `all`, `host`, `originalhost`, `user` and `localuser`; a `Match` by
 * anything else is passed over with a warning.
 */
export function readSshConfig(text: string, alias: string, around: SshConfigSurroundings): SshHostSettings {
  const found: Found = { identityFiles: [], warnings: [] };
  readInto(found, text, alias, around, true, 0);
  // OpenSSH goes on with small letters after it has looked for the name as it was typed.
  const hostName = expand(found.hostName ?? alias, { h: alias }).toLowerCase();
  const port = found.port === undefined ? 22 : Number(found.port);
  const user = found.user ?? around.localUser;
  const tokens = { h: hostName, n: alias, p: String(port), r: user, u: around.localUser, d: around.home };
  const files = found.identityFiles.filter(file => file.toLowerCase() !== 'none');
  const jump = found.proxyJump ?? 'none';
  return {
    hostName,
    port,
    user: expand(user, tokens),
    identityFiles: files.map(file => expand(home(file, around), tokens)),
    jumps: jump.toLowerCase() === 'none' ? [] : jump.split(',').map(each => jumpOf(expand(each, tokens))),
    warnings: found.warnings,
  };
}

/** The names that a configuration gives to single hosts: those of its `Host` lines without patterns, in order. */
export function hostAliases(text: string, around: SshConfigSurroundings): string[] {
  const aliases = new Set<string>();
  const collect = (source: string, depth: number): void => {
    for (const { keyword, words } of configLines(source)) {
      if (keyword === 'host') for (const word of words) if (!/[*?!]/.test(word)) aliases.add(word);
      if (keyword === 'include' && depth < deepestInclude)
        for (const included of includedTexts(words, around)) collect(included, depth + 1);
    }
  };
  collect(text, 0);
  return [...aliases];
}

function readInto(
  found: Found,
  text: string,
  alias: string,
  around: SshConfigSurroundings,
  isWanted: boolean,
  depth: number,
): void {
  let isActive = isWanted;
  for (const line of configLines(text)) {
    const { keyword, words } = line;
    if (keyword === 'host') isActive = isWanted && matchesPatternList(alias, words);
    else if (keyword === 'match') isActive = isWanted && matchApplies(line, found, alias, around);
    else if (keyword === 'include' && depth < deepestInclude)
      for (const included of includedTexts(words, around))
        readInto(found, included, alias, around, isActive, depth + 1);
    else if (isActive) take(found, keyword, words[0]);
  }
}

function take(found: Found, keyword: string, word: string | undefined): void {
  if (word === undefined) return;
  switch (keyword) {
    case 'hostname':
      found.hostName ??= word;
      break;
    case 'port':
      found.port ??= word;
      break;
    case 'user':
      found.user ??= word;
      break;
    case 'identityfile':
      if (!found.identityFiles.includes(word)) found.identityFiles.push(word);
      break;
    case 'proxyjump':
      if (found.hasProxyCommand !== true) found.proxyJump ??= word;
      break;
    case 'proxycommand':
      // Whichever of the two comes first is used.
      if (found.proxyJump !== undefined || found.hasProxyCommand === true) break;
      found.hasProxyCommand = true;
      if (word.toLowerCase() !== 'none')
        found.warnings.push('"ProxyCommand" is passed over: only "ProxyJump" is known');
      break;
  }
}

/** All criteria of a `Match` have to hold; one that is not known holds never. */
function matchApplies(line: ConfigLine, found: Found, alias: string, around: SshConfigSurroundings): boolean {
  const subjects: Readonly<Record<string, () => string>> = {
    host: () => expand(found.hostName ?? alias, { h: alias }),
    originalhost: () => alias,
    user: () => found.user ?? around.localUser,
    localuser: () => around.localUser,
  };
  const words = line.words.flatMap(word => {
    const split = /^(!?[a-z]+)=(.*)$/i.exec(word);
    return split === null ? [word] : [split[1]!, split[2]!];
  });
  let applies = true;
  for (let at = 0; at < words.length; at++) {
    const criterion = words[at]!.toLowerCase();
    const isNegated = criterion.startsWith('!');
    const name = isNegated ? criterion.slice(1) : criterion;
    if (name === 'all') {
      if (isNegated) applies = false;
      continue;
    }
    const subject = Object.hasOwn(subjects, name) ? subjects[name] : undefined;
    if (subject === undefined) {
      found.warnings.push(
        `line ${line.number}: "Match ${line.words.join(' ')}" is passed over: "${name}" is not known`,
      );
      return false;
    }
    const patterns = (words[++at] ?? '').split(',');
    if (matchesPatternList(subject(), patterns) === isNegated) applies = false;
  }
  return applies;
}

function* includedTexts(words: readonly string[], around: SshConfigSurroundings): Generator<string> {
  for (const word of words) {
    const pattern = home(word, around);
    const absolute = isAbsolute(pattern) ? pattern : join(around.home, '.ssh', pattern);
    for (const path of around.glob(absolute)) {
      const text = around.readFile(path);
      if (text !== undefined) yield text;
    }
  }
}

function home(path: string, { home: folder }: SshConfigSurroundings): string {
  return path === '~' ? folder : path.startsWith('~/') ? join(folder, path.slice(2)) : path;
}

/** `%%` is a percent sign; a token that is not known stays as it is. */
function expand(text: string, tokens: Readonly<Record<string, string>>): string {
  return text.replace(/%(.)/g, (whole, token: string) => (token === '%' ? '%' : (tokens[token] ?? whole)));
}

/** `[user@]host[:port]`, where an IPv6 address stands in brackets, or the same after `ssh://`. */
function jumpOf(text: string): SshJump {
  const bare = text.trim().replace(/^ssh:\/\//, '');
  const at = bare.lastIndexOf('@');
  const place = /^\[(.*)\](?::(\d+))?$|^([^:]*)(?::(\d+))?$/.exec(bare.slice(at + 1));
  const port = place?.[2] ?? place?.[4];
  return {
    host: place?.[1] ?? place?.[3] ?? bare.slice(at + 1),
    ...(at > 0 && { user: bare.slice(0, at) }),
    ...(port !== undefined && { port: Number(port) }),
  };
}
