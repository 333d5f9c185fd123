/** A command of ours as it can be given to a shell. */
export function commandLine(words: readonly string[]): string {
  const quoted = words.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return ['megalith', ...quoted].join(' ');
}
