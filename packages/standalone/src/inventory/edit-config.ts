import { isDeepStrictEqual } from 'node:util';
import { MegalithError } from '@megalith/agent';
import type { ConfigParser } from '@megalith/core';
import { isMap, type YAMLMap, type Document as YamlDocument } from 'yaml';
import type { HostEntry } from './host-entry.js';
import { hostFieldNames, hostFields } from './host-fields.js';
import { spliceIn, spliceOut } from './splice-yaml.js';

type Hosts = Readonly<Record<string, unknown>>;

export interface EditedFile {
  /** For errors. */
  readonly file: string;
  readonly parser: Pick<ConfigParser, 'parseYaml'>;
}

/**
 * The text with one more host, or with the entry of that name changed. All else stays, comments too; a new entry leaves
 * every other byte as it was wherever the file is written in block style.
 * @throws MegalithError CONFIG where the file can't be changed without changing what it says otherwise
 */
export function withHost(text: string, entry: HostEntry, file: EditedFile): string {
  const fields = hostFields(entry);
  const before = hostsIn(text, file);
  const isNew = !Object.hasOwn(before, entry.name);
  const edits = [
    ...(isNew ? [() => spliceIn(text, entry.name, fields)] : []),
    () => setHost(text, entry, fields, file),
  ];
  const rest = isNew ? {} : unknownFields(before[entry.name]);
  return firstThatSays({ ...before, [entry.name]: { ...rest, ...fields } }, text, file, edits);
}

/** The text without a host; its comments above and beside go with it. Undefined where the text does not have it. */
export function withoutHost(text: string, name: string, file: EditedFile): string | undefined {
  const { [name]: gone, ...rest } = hostsIn(text, file);
  if (gone === undefined) return undefined;
  return firstThatSays(rest, text, file, [() => spliceOut(text, name), () => deleteHost(text, name, file)]);
}

/** A text that is valid and says the same as before in all other sections. */
function firstThatSays(
  hosts: Hosts,
  text: string,
  file: EditedFile,
  edits: readonly (() => string | undefined)[],
): string {
  const others = otherSections(text, file);
  for (const edit of edits) {
    const edited = edit();
    if (edited === undefined || !isYaml(edited, file)) continue;
    if (isDeepStrictEqual(hostsIn(edited, file), hosts) && isDeepStrictEqual(otherSections(edited, file), others))
      return edited;
  }
  throw new MegalithError('CONFIG', `"${file.file}" is written in a way that can't be edited safely`, {
    hint: 'change the section "hosts" by hand',
    details: { file: file.file },
  });
}

function isYaml(text: string, file: EditedFile): boolean {
  try {
    parsed(text, file);
    return true;
  } catch (error) {
    if (error instanceof MegalithError) return false;
    throw error;
  }
}

function setHost(
  text: string,
  { name }: HostEntry,
  fields: Readonly<Record<string, unknown>>,
  file: EditedFile,
): string {
  const document = parsed(text, file);
  if (document.contents === null) document.contents = document.createNode({}) as never;
  const hosts = mapAt(document, ['hosts']);
  if (!hosts.has(name)) {
    hosts.set(document.createNode(name), document.createNode(fields));
  } else {
    const host = mapAt(document, ['hosts', name]);
    for (const key of hostFieldNames) {
      if (fields[key] === undefined) host.delete(key);
      else if (!isDeepStrictEqual(dataAt(host, key, document), fields[key])) host.set(key, fields[key]);
    }
  }
  return document.toString({ lineWidth: 0 });
}

function deleteHost(text: string, name: string, file: EditedFile): string {
  const document = parsed(text, file);
  document.deleteIn(['hosts', name]);
  return document.toString({ lineWidth: 0 });
}

function mapAt(document: YamlDocument, path: readonly string[]): YAMLMap {
  const found = document.getIn(path, true);
  if (isMap(found)) return found;
  const made = document.createNode({}) as YAMLMap;
  document.setIn(path, made);
  return made;
}

function dataAt(map: YAMLMap, key: string, document: YamlDocument): unknown {
  const node = map.get(key, true) as { toJS?: (document: YamlDocument) => unknown } | undefined;
  return node?.toJS?.(document);
}

function unknownFields(host: unknown): Readonly<Record<string, unknown>> {
  const known: readonly string[] = hostFieldNames;
  return Object.fromEntries(Object.entries(host ?? {}).filter(([key]) => !known.includes(key)));
}

function sections(text: string, file: EditedFile): Readonly<Record<string, unknown>> {
  const data: unknown = parsed(text, file).toJS() ?? {};
  if (typeof data === 'object' && !Array.isArray(data)) return data as Record<string, unknown>;
  throw new MegalithError('CONFIG', `"${file.file}" is not a map with the sections hosts and agent`, {
    hint: 'mend it, or remove it to start anew',
    details: { file: file.file },
  });
}

function hostsIn(text: string, file: EditedFile): Hosts {
  return (sections(text, file).hosts ?? {}) as Hosts;
}

function otherSections(text: string, file: EditedFile): Readonly<Record<string, unknown>> {
  const { hosts: _, ...others } = sections(text, file);
  return others;
}

function parsed(text: string, { file, parser }: EditedFile): YamlDocument {
  return parser.parseYaml(text, file).document;
}
