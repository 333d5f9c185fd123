import { readFile } from 'node:fs/promises';
import { MegalithError } from '@megalith/agent';
import { nearMatches } from '../jobs/near-matches.js';
import type { Policy } from '../placement/policy.js';
import { absolutePath } from './absolute-path.js';
import type { AgentSection } from './agent-section.js';
import { ConfigCache } from './config-cache.js';
import { findConfigFiles } from './config-files.js';
import { configProblem, eitherOf } from './config-problem.js';
import type { Ec2Section } from './ec2-section.js';
import type { HostEntry } from './host-entry.js';
import type { LambdaSection } from './lambda-section.js';
import { mergePolicies } from './merge-policy.js';
import { hostWithin, mergeCloud, storeWithin } from './merge-sites.js';
import type { DataSection, HistorySection, ParsedConfig } from './parsed-config.js';
import type { StoreEntry, StoreSection } from './store-section.js';

export interface ConfigOptions {
  /** Where the search for the project's file begins. */
  readonly cwd: string;
  /** Megalith's home, which has the user's file. */
  readonly home: string;
  /** The organisation's file. @defaultValue `/etc/megalith/megalith.yaml` where it is there, else `$MEGALITH_SYSTEM_CONFIG` */
  readonly systemFile?: string;
  readonly signal?: AbortSignal;
}

/** What the config files say together. Paths are absolute. */
export interface Config {
  /** The project's before the user's before the organisation's, mostly in the order of the file. */
  readonly hosts: readonly HostEntry[];
  readonly agent: AgentSection;
  /** How machines are made on EC2, where that is configured. */
  readonly ec2?: Ec2Section;
  /** How functions are made on Lambda, where that is configured: `lambdaSettings` fills in the rest. */
  readonly lambda?: LambdaSection;
  /** The strictest of all files; the defaults where none says anything. */
  readonly policy: Policy;
  /** By name. */
  readonly stores: Readonly<Record<string, StoreEntry>>;
  readonly history?: HistorySection;
  readonly data?: DataSection;
  /** A file of prices in place of those that are compiled in. */
  readonly prices?: string;
  /** The files that were read: the project's, the user's, the organisation's. */
  readonly files: readonly string[];
  /** The project's file, where there is one. */
  readonly projectFile: string | undefined;
  /** The user's file, be it there or not. */
  readonly userFile: string;
  /** The organisation's, where there is one. */
  readonly systemFile: string | undefined;
  /** The file that a host comes from. */
  fileOf(host: string): string | undefined;
}

interface FileConfig {
  readonly file: string;
  readonly config: ParsedConfig;
}

/**
 * Reads the nearest `megalith.yaml` (or `.yml`) from `cwd` upwards, the one in `home`, and the organisation's. The first of them that has
 * a host, a store or a key of a section decides it; but of the policy, and of clearances, the strictest counts. No file is no error.
 * @throws MegalithError CONFIG naming the file, the path in it, what is wrong and what is allowed; CANCELLED
 */
export async function readConfig({ cwd, home, systemFile, signal }: ConfigOptions): Promise<Config> {
  const found = findConfigFiles(cwd, home, systemFile);
  const paths = [found.project, found.user, found.system].filter(file => file !== undefined);
  const cache = new ConfigCache(home);
  const files = await Promise.all(paths.map(async file => ({ file, config: await readOne(file, cache, signal) })));
  const outermostFirst = files.toReversed();
  const ec2 = mergeCloud(outermostFirst.flatMap(({ config }) => config.ec2 ?? []));
  const lambda = mergeCloud(outermostFirst.flatMap(({ config }) => config.lambda ?? []));
  const stores = storesOf(files);
  refuseUnfitStores(files, stores);
  const byName = hostsOf(files);
  const data = files.find(({ config }) => config.data !== undefined)?.config.data;
  const history = files.find(({ config }) => config.history !== undefined)?.config.history;
  return {
    hosts: [...byName.values()].map(({ host }) => host),
    agent: Object.assign({}, ...outermostFirst.map(({ config }) => config.agent)) as AgentSection,
    ...(ec2 === undefined ? {} : { ec2 }),
    ...(lambda === undefined ? {} : { lambda }),
    policy: mergePolicies(
      outermostFirst.flatMap(({ file, config: { policy } }) => (policy === undefined ? [] : { file, policy })),
    ),
    stores,
    ...(history === undefined ? {} : { history }),
    ...(data === undefined ? {} : { data }),
    ...pricesOf(files),
    files: paths,
    projectFile: found.project,
    userFile: found.userPath,
    systemFile: found.system,
    fileOf: name => byName.get(name)?.file,
  };
}

async function readOne(file: string, cache: ConfigCache, signal: AbortSignal | undefined): Promise<ParsedConfig> {
  const text = await textOf(file, signal);
  const known = await cache.find(file, text);
  if (known !== undefined) return known;
  const { parseConfig } = await import('./parse-config.js');
  const config = parseConfig(text, file);
  await cache.keep(file, text, config);
  return config;
}

async function textOf(file: string, signal: AbortSignal | undefined): Promise<string> {
  try {
    return await readFile(file, { encoding: 'utf8', ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    if (signal?.aborted)
      throw new MegalithError('CANCELLED', 'the reading of the config was cancelled', { cause: signal.reason });
    throw new MegalithError('CONFIG', `cannot read "${file}": ${(error as Error).message}`, { cause: error });
  }
}

function hostsOf(files: readonly FileConfig[]): Map<string, { readonly host: HostEntry; readonly file: string }> {
  const byName = new Map<string, { readonly host: HostEntry; readonly file: string }>();
  for (const [i, { file, config }] of files.entries()) {
    const outer = files.slice(i + 1).flatMap(other => other.config.hosts);
    for (const host of config.hosts) {
      if (!byName.has(host.name))
        byName.set(host.name, { host: hostWithin(withAbsolutePaths(host, file), outer), file });
    }
  }
  return byName;
}

function withAbsolutePaths(host: HostEntry, file: string): HostEntry {
  const { identityFile } = host;
  return identityFile === undefined ? host : { ...host, identityFile: absolutePath(identityFile, file) };
}

function storesOf(files: readonly FileConfig[]): Readonly<Record<string, StoreEntry>> {
  const stores = new Map<string, StoreEntry>();
  const listed = files.map(({ file, config }) =>
    Object.entries(config.stores).map(([name, store]) => ({ name, store: withAbsoluteUrl(store, file) })),
  );
  for (const [i, entries] of listed.entries()) {
    const outer = listed.slice(i + 1).flatMap(others => others.map(({ store }) => store));
    for (const { name, store } of entries) if (!stores.has(name)) stores.set(name, storeWithin(store, outer));
  }
  return Object.fromEntries(stores);
}

function withAbsoluteUrl(store: StoreSection, file: string): StoreSection {
  return store.url.includes('://') ? store : { ...store, url: absolutePath(store.url, file) };
}

function pricesOf(files: readonly FileConfig[]): { readonly prices?: string } {
  const said = files.find(({ config }) => config.prices !== undefined);
  return said === undefined ? {} : { prices: absolutePath(said.config.prices!, said.file) };
}

function refuseUnfitStores(files: readonly FileConfig[], stores: Readonly<Record<string, StoreEntry>>): void {
  const known = Object.keys(stores);
  for (const { file, config } of files) {
    for (const [section, store] of [
      ['lambda', config.lambda?.store],
      ['history', config.history?.store],
      ['data', config.data?.store],
    ] as const) {
      if (store === undefined) continue;
      const { url } = stores[store] ?? {};
      if (section === 'lambda' && url !== undefined && !canSpill.test(url)) {
        throw configProblem({
          file,
          path: [section, 'store'],
          what: `is "${store}", and functions can't put objects there by a URL alone`,
          hint: 'name a store in S3',
        });
      }
      if (url !== undefined) continue;
      const near = nearMatches(store, known);
      throw configProblem({
        file,
        path: [section, 'store'],
        what: `is "${store}", and there is no such store`,
        hint:
          near.length > 0
            ? `did you mean ${eitherOf(near)}?`
            : `it must be one of the section stores: ${known.length === 0 ? 'there is none' : known.join(', ')}`,
      });
    }
  }
}

/** What a function can put by a URL that is signed: Azure wants headers beside it, and Redis has no URLs. Kinds of others may. */
const canSpill = /^(?!azure:|rediss?:)/i;
