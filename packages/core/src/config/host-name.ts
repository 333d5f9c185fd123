const pattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Names appear in command lines and in ids such as `ssh:alpha`; stores and tags are named by the same rule. */
export const hostNameRule = 'letters, digits, ".", "_" and "-", at most 64, starting with a letter or digit';

export function isHostName(text: string): boolean {
  return pattern.test(text);
}
