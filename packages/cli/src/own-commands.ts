import type { Command } from '@oclif/core/command';
import type { Manifest, PJSON, Plugin } from '@oclif/core/interfaces';

/** The commands of this package as the bundle holds them: nothing is read or searched to know them. */
export interface OwnCommands {
  readonly pjson: PJSON;
  readonly manifest: Manifest;
  /** By command id, such as `jobs:show`. */
  readonly load: Readonly<Record<string, () => Promise<{ readonly default: Command.Class }>>>;
}

/**
 * This package as the one plugin of oclif's. Given ready-made it costs nothing at a start; what oclif does instead, to read
 * two files, look for plugins and sort by locale, takes 20 ms.
 */
export function ownPlugin({ pjson, manifest, load }: OwnCommands, root: string): Plugin {
  const { name, version } = pjson;
  const findCommand = async (id: string): Promise<Command.Class> => {
    const command = (await load[id]!()).default;
    return Object.assign(command, { id, plugin });
  };
  const plugin: Plugin = {
    _base: '',
    alias: name,
    name,
    version,
    pjson,
    root,
    type: 'core',
    moduleType: 'module',
    valid: true,
    isRoot: true,
    hasManifest: true,
    hooks: {},
    options: { root },
    commandsDir: undefined,
    commandIDs: Object.keys(manifest.commands),
    commands: Object.entries(manifest.commands).map(([id, command]) => ({
      ...command,
      pluginAlias: name,
      pluginType: 'core',
      load: () => findCommand(id),
    })),
    topics: Object.entries(pjson.oclif.topics ?? {}).map(([topic, facts]) => ({ ...facts, name: topic })),
    findCommand,
    load: async () => undefined,
  };
  return plugin;
}
