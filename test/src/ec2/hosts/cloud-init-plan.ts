import { gunzipSync } from 'node:zlib';
import { parse, type ScalarTag, type Tags } from 'yaml';
import { partsOf, type UserDataPart } from './user-data-parts.js';

/** What a fresh machine does of its user data, in the order and by the rules of cloud-init. */
export interface CloudInitPlan {
  /** Run at each boot, before SSH answers. */
  readonly bootScripts: readonly string[];
  /** Written at the first boot, after the boot scripts. */
  readonly files: readonly PlannedFile[];
  readonly deletesHostKeys: boolean;
  /** The first boot takes these and makes no others, if there are any. */
  readonly hostKeys: readonly PlannedHostKey[];
  /** Beside the key pair's. */
  readonly authorizedKeys: readonly string[];
  /** Run once, when SSH may answer already. */
  readonly scripts: readonly string[];
  /** What was asked for and is not done, in words. cloud-init boots on as well. */
  readonly problems: readonly string[];
}

interface PlannedFile {
  readonly path: string;
  readonly base64: string;
  /** Octal: `0644`. */
  readonly mode: string;
  /** `user:group` */
  readonly owner: string;
  readonly append: boolean;
}

interface PlannedHostKey {
  readonly type: 'rsa' | 'ecdsa' | 'ed25519';
  readonly privateText: string;
  readonly publicLine?: string;
}

type Problems = { add(problem: string): void };

const keyTypes = ['rsa', 'ecdsa', 'ed25519'] as const;
const known: ReadonlySet<string> = new Set([
  'bootcmd',
  'runcmd',
  'write_files',
  'ssh_deletekeys',
  'ssh_keys',
  'ssh_authorized_keys',
]);

/** What hosts are like anyway. */
const alreadySo: Readonly<Record<string, unknown>> = {
  disable_root: true,
  package_update: false,
  package_upgrade: false,
  repo_upgrade: 'none',
  ssh_pwauth: false,
};

/** Reads user data: `#cloud-config`, `#cloud-boothook`, a script with `#!`, or several of them as MIME multipart. */
export function cloudInitPlan(userData: string): CloudInitPlan {
  const problems = new Set<string>();
  const parts = userData === '' ? [] : partsOf(userData);
  for (const { kind } of parts) if (kind === 'unknown') problems.add('user data is of no kind that is known here');
  const of = (kind: UserDataPart['kind']) => parts.filter(part => part.kind === kind).map(({ text }) => text);
  const configs = of('config');
  if (configs.length > 1) problems.add('of several cloud-configs only the first is read');
  const config = configs[0] === undefined ? {} : readConfig(configs[0], problems);
  for (const [key, value] of Object.entries(config)) {
    if (!known.has(key) && alreadySo[key] !== value) problems.add(`'${key}' is not done here`);
  }
  const bootcmd = shellScript(config.bootcmd, 'bootcmd', problems);
  const runcmd = shellScript(config.runcmd, 'runcmd', problems);
  return {
    bootScripts: [...of('boothook'), ...bootcmd],
    files: listOf(config.write_files, 'write_files', problems).flatMap(entry => plannedFile(entry, problems)),
    deletesHostKeys: config.ssh_deletekeys === undefined || config.ssh_deletekeys === true,
    hostKeys: plannedKeys(config.ssh_keys, problems),
    authorizedKeys: listOf(config.ssh_authorized_keys, 'ssh_authorized_keys', problems).map(String),
    // Files of cloud-init's script folder, by name: `part-001`, …, `runcmd`.
    scripts: [...of('script'), ...runcmd],
    problems: [...problems],
  };
}

/** Python's YAML is 1.1, where 0644 is octal and `yes` is true; but `y` and `n` are texts. */
function asInPython(tags: Tags): Tags {
  return tags.map(tag => {
    if (typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:bool' || !('test' in tag)) return tag;
    return { ...tag, test: new RegExp((tag.test?.source ?? '').replace(/(Y\|y|N\|n)\|/, '')) } as ScalarTag;
  });
}

function readConfig(text: string, problems: Problems): Record<string, unknown> {
  try {
    const config: unknown = parse(text, { version: '1.1', customTags: asInPython });
    if (config === null) return {};
    if (isRecord(config)) return config;
    problems.add('the cloud-config is no mapping');
  } catch (error) {
    problems.add(`the cloud-config is no YAML: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
  }
  return {};
}

/** One script of all commands: a text is a line of shell, a list is a program with its arguments. */
function shellScript(value: unknown, key: string, problems: Problems): string[] {
  const lines = listOf(value, key, problems).flatMap(command => {
    if (typeof command === 'string') return [command];
    if (Array.isArray(command)) return [command.map(word => quoted(String(word))).join(' ')];
    problems.add(`a command of '${key}' is neither a text nor a list`);
    return [];
  });
  return lines.length === 0 ? [] : [`#!/bin/sh\n${lines.join('\n')}\n`];
}

function plannedFile(entry: unknown, problems: Problems): PlannedFile[] {
  if (!isRecord(entry) || typeof entry.path !== 'string') {
    problems.add("an entry of 'write_files' has no path");
    return [];
  }
  const { path, content = '', encoding = 'text/plain', permissions = '0644', owner = 'root:root', append } = entry;
  const mode = typeof permissions === 'number' ? `0${permissions.toString(8)}` : String(permissions);
  const bytes = decoded(typeof content === 'string' || isBytes(content) ? content : String(content), String(encoding));
  if (bytes === undefined) {
    problems.add(`'${path}' has an encoding that is not known here: ${encoding}`);
    return [];
  }
  return [{ path, base64: bytes.toString('base64'), mode, owner: String(owner), append: append === true }];
}

function decoded(content: string | Uint8Array, encoding: string): Buffer | undefined {
  const plain = Buffer.from(content);
  switch (encoding) {
    case 'text/plain':
      return plain;
    case 'b64':
    case 'base64':
      return Buffer.from(plain.toString(), 'base64');
    case 'gz':
    case 'gzip':
      return gunzipSync(plain);
    case 'gz+b64':
    case 'gz+base64':
    case 'gzip+b64':
    case 'gzip+base64':
      return gunzipSync(Buffer.from(plain.toString(), 'base64'));
    default:
      return undefined;
  }
}

function plannedKeys(value: unknown, problems: Problems): PlannedHostKey[] {
  if (value === undefined || value === null) return [];
  if (!isRecord(value)) {
    problems.add("'ssh_keys' is no mapping");
    return [];
  }
  const names = new Set(keyTypes.flatMap(type => [`${type}_private`, `${type}_public`]));
  for (const name of Object.keys(value)) if (!names.has(name)) problems.add(`'ssh_keys' has '${name}'`);
  return keyTypes.flatMap(type => {
    const [privateText, publicLine] = [value[`${type}_private`], value[`${type}_public`]];
    if (typeof privateText !== 'string') return [];
    return [{ type, privateText, ...(typeof publicLine === 'string' ? { publicLine } : {}) }];
  });
}

function listOf(value: unknown, key: string, problems: Problems): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  problems.add(`'${key}' is no list`);
  return [];
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isBytes(value);
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}
