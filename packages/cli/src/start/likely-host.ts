import type { HostOptions } from '@megalith/core';

type Environment = Readonly<Record<string, string | undefined>>;

/** What these words could change: whether there is a host at all, and with how many slots. */
const deciding =
  /^(-h|--help|--dry-run|--backend(=.*)?|-j.*|--jobs(=.*)?|--slots(=.*)?|--host(=.*)?|--detach|--input(=.*)?|--fetch(=.*)?)$/s;

/**
 * The job host that a command line will need in all likelihood, guessed before it is parsed; undefined where anything may ask for
 * none, or for another. A wrong guess costs time, never more: a host is only taken by who wants just this one.
 * @param preferences gives the text of the preferences file, undefined where there is none
 */
export function likelyHost(
  argv: readonly string[],
  env: Environment,
  preferences: () => string | undefined,
): HostOptions | undefined {
  const [command, ...words] = argv;
  if (command !== 'run' && command !== 'map') return undefined;
  // Inside a task there is a host already; and a backend may be any.
  if ((env.MEGALITH_SOCKET ?? env.MEGALITH_BACKEND ?? env.MEGALITH_SLOTS ?? env.MEGALITH_HOST) !== undefined)
    return undefined;
  const end = words.indexOf('--');
  const own = end === -1 ? words : words.slice(0, end);
  if (own.length === 0 && end === -1) return undefined;
  if (own.some(word => deciding.test(word))) return undefined;
  // Of `map` it is a file of results.
  if (command === 'run' && own.some(word => /^--output(=.*)?$/s.test(word))) return undefined;
  const stored = objectIn(preferences() ?? '{}');
  if (stored === undefined || 'backend' in stored || 'slots' in stored || 'host' in stored) return undefined;
  const home = env.MEGALITH_HOME || stored.home;
  return typeof home === 'string' ? { home } : {};
}

/** Undefined for what is no preferences: the command itself says so. */
function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
