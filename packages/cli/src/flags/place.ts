import { MegalithError } from '@megalith/core';

export interface PlaceWishes {
  /** From the flag or its variable, else the preferences. */
  readonly backend: string | undefined;
  /** True where `backend` is only a preference, which a flag `--host` overrules. */
  readonly hasStoredBackend: boolean;
  /** Named on the command line. */
  readonly hosts: readonly string[] | undefined;
  /** From the variable or the preferences, parted by commas. */
  readonly preferredHosts: string | undefined;
  /** The job is to outlive this program, or has files. */
  readonly needsMachine: boolean;
}

export interface PlaceChoice {
  readonly backend: string | undefined;
  /** All that are configured where undefined. */
  readonly hosts: readonly string[] | undefined;
}

/**
 * Which backend a job goes to, and which hosts. Named hosts mean machines, and so do files and leaving, unless a backend was chosen.
 * @throws MegalithError USAGE for hosts with a backend that has none
 */
export function placeFor(wishes: PlaceWishes): PlaceChoice {
  const { backend, hosts, preferredHosts, needsMachine } = wishes;
  const isOpen = backend === undefined || backend === 'auto';
  if (hosts !== undefined) {
    const hasNone = backend === 'local' || backend === 'lambda';
    if (hasNone && !wishes.hasStoredBackend) throw contradiction(backend, hosts);
    return { backend: 'standalone', hosts };
  }
  const preferred = preferredHosts === undefined ? undefined : hostNames(preferredHosts);
  if (backend === 'standalone' || (isOpen && (needsMachine || preferred !== undefined))) {
    return { backend: 'standalone', hosts: preferred };
  }
  return { backend, hosts: undefined };
}

/** The names in a list that is parted by commas. */
function hostNames(text: string): readonly string[] {
  return text
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '');
}

function contradiction(backend: string, hosts: readonly string[]): MegalithError {
  return new MegalithError('USAGE', `the backend "${backend}" has no hosts, and "--host ${hosts[0]}" asks for one`, {
    hint: 'leave out --backend (or MEGALITH_BACKEND); "--host local" is this machine by an agent that outlives this program',
  });
}
