/** What becomes XML the way EC2 writes it: members of lists are `item`s, what is undefined is left out, a text may be empty. */
export type XmlValue = string | number | boolean | Date | undefined | readonly XmlValue[] | XmlTree;

export interface XmlTree {
  readonly [name: string]: XmlValue;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

export function xml(value: XmlValue): string {
  if (value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  if (isList(value)) return value.map(item => `<item>${xml(item)}</item>`).join('');
  if (typeof value !== 'object') return String(value).replace(/[&<>"\r]/g, character => escapes[character]!);
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `<${name}>${xml(member)}</${name}>`)
    .join('');
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}
