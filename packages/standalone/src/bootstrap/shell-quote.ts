/** One word for a POSIX shell; for fish and csh too where it holds no single quote, backslash or exclamation mark. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
