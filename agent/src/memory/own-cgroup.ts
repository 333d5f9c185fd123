import { dirname, join } from 'node:path';
import { readSmallFile } from '../process/small-file.js';

export type Controller = 'memory' | 'cpu' | 'cpuacct';

/** Where this process stands in the cgroup hierarchy of one controller. */
export interface CgroupPlace {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** The group's folder: the mount point itself, or below it. */
  readonly directory: string;
}

interface CgroupMount {
  readonly version: 1 | 2;
  /** The part of the hierarchy that is mounted, as in a container. */
  readonly root: string;
  readonly mountPoint: string;
  readonly controllers: readonly string[];
}

/**
 * Our own cgroup for a controller: its v1 hierarchy where one is mounted, else the v2 hierarchy. Undefined where there
 * is none.
 * @param root stands for `/` in tests
 */
export function ownCgroup(controller: Controller, root = '/'): CgroupPlace | undefined {
  const mounts = cgroupMounts(readSmallFile(join(root, 'proc/self/mountinfo')) ?? '');
  const paths = readSmallFile(join(root, 'proc/self/cgroup')) ?? '';
  const mount =
    mounts.find(mount => mount.version === 1 && mount.controllers.includes(controller)) ??
    mounts.find(mount => mount.version === 2);
  if (!mount) return undefined;
  const path = ownPath(paths, mount.version === 1 ? controller : '');
  if (path === undefined) return undefined;
  const mountPoint = join(root, mount.mountPoint);
  return { version: mount.version, mountPoint, directory: join(mountPoint, pathBelow(path, mount.root)) };
}

/** The group's folder and those of its ancestors, inmost first. */
export function groupAndAncestors(place: CgroupPlace): string[] {
  const directories = [place.directory];
  let directory = place.directory;
  while (directory !== place.mountPoint && directory !== dirname(directory)) {
    directory = dirname(directory);
    directories.push(directory);
  }
  return directories;
}

/** See proc(5), /proc/PID/mountinfo: id, parent, device, root, mount point, …, `-`, type, source, super options. */
function cgroupMounts(mountinfo: string): CgroupMount[] {
  return mountinfo.split('\n').flatMap(line => {
    const [before, after] = line.split(' - ');
    const [, , , root, mountPoint] = before?.split(' ') ?? [];
    const [type, , options] = after?.split(' ') ?? [];
    if (root === undefined || mountPoint === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return [];
    const version = type === 'cgroup2' ? 2 : 1;
    const controllers = options?.split(',') ?? [];
    return [{ version, root: unescaped(root), mountPoint: unescaped(mountPoint), controllers }];
  });
}

/** Lines are `id:controllers:path`; the v2 line has no controllers. */
function ownPath(cgroups: string, controller: string): string | undefined {
  for (const line of cgroups.split('\n')) {
    const [, controllers, ...path] = line.split(':');
    if (controllers?.split(',').includes(controller) && path.length > 0) return path.join(':');
  }
  return undefined;
}

/** A path outside the mounted part cannot be seen: the mount point then is as near as we get. */
function pathBelow(path: string, mountRoot: string): string {
  if (path.split('/').includes('..')) return '/';
  if (mountRoot === '/') return path;
  if (path === mountRoot) return '/';
  return path.startsWith(`${mountRoot}/`) ? path.slice(mountRoot.length) : '/';
}

/** Spaces and their like are octal in mountinfo. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
