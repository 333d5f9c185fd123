import type { Tag } from '@aws-sdk/client-ec2';
import type { Clearance } from '../../inventory/host-entry.js';
import type { MachineTags } from '../../pool/cloud-machine.js';

/** The tag that makes something ours; the IAM policy hangs on it. */
export const ourTag = 'megalith';

/** Finds all that is ours in any list, what has lost some of its tags too. */
export const ourFilter = { Name: 'tag-key', Values: [ourTag, `${ourTag}:*`] };

const labels: ReadonlySet<string> = new Set<Clearance>(['public', 'internal', 'confidential', 'restricted']);

/** AWS's limit for a tag's value, in characters. */
const mostCharacters = 256;

/** The tags of a machine and of all that is made with it, for the call that makes them. */
export function awsTags(tags: MachineTags): Tag[] {
  const values: Readonly<Record<string, string | undefined>> = {
    intent: tags.intent,
    owner: tags.owner,
    label: tags.label,
    expires: new Date(tags.expiresAt).toISOString(),
    image: tags.image,
    incarnation: tags.incarnation,
    'host-key': tags.hostKey,
    keep: tags.keep,
  };
  return [
    { Key: ourTag, Value: '1' },
    ...Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [{ Key: `${ourTag}:${name}`, Value: wireValue(value) }],
    ),
  ];
}

/**
 * What a machine's tags say. Where they are missing or garbled, the machine is ours all the same: nobody's, of the highest label, and at its end
 * once it has lived for as long as any may.
 * @param launchedAt epoch milliseconds
 * @param maxLifetimeMs what `Ec2Settings` says
 * @returns undefined for a machine that is not ours
 */
export function machineTags(
  tags: readonly Tag[] | undefined,
  launchedAt: number,
  maxLifetimeMs: number,
): MachineTags | undefined {
  const values = new Map((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
  if (![...values.keys()].some(key => key === ourTag || key.startsWith(`${ourTag}:`))) return undefined;
  const value = (name: string) => values.get(`${ourTag}:${name}`);
  const label = value('label') ?? '';
  const incarnation = value('incarnation');
  const hostKey = value('host-key');
  const keep = value('keep');
  return {
    intent: value('intent') ?? '',
    owner: value('owner') ?? '',
    label: labels.has(label) ? (label as Clearance) : 'restricted',
    expiresAt: timeOf(value('expires')) ?? launchedAt + maxLifetimeMs,
    image: value('image') ?? '',
    ...(incarnation === undefined ? {} : { incarnation }),
    ...(hostKey === undefined ? {} : { hostKey }),
    ...(keep === undefined ? {} : { keep }),
  };
}

/** Only what `toISOString` writes: another form might mean another time zone. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** What a request can carry: no control characters, and no more than AWS keeps. */
function wireValue(text: string): string {
  const characters = [...text.toWellFormed()].map(character => (/\p{Cc}/u.test(character) ? ' ' : character));
  let value = '';
  // AWS doesn't say what it counts as one: with UTF-16 units it fits either way.
  for (const character of characters) {
    if (value.length + character.length > mostCharacters) break;
    value += character;
  }
  return value;
}
