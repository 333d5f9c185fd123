/**
 * Cuts text at each `separator`, as it arrives. The last separator may be missing; an empty text has no lines.
 * With the separator `\n`, a carriage return before it belongs to the line end.
 */
export async function* lines(chunks: AsyncIterable<string>, separator: '\n' | '\0' = '\n'): AsyncGenerator<string> {
  // Parts of a line that spans chunks: joined once, so that one long line costs no more than its length.
  let open: string[] = [];
  for await (const chunk of chunks) {
    const parts = chunk.split(separator);
    if (parts.length === 1) {
      open.push(chunk);
      continue;
    }
    open.push(parts[0]!);
    parts[0] = open.join('');
    const rest = parts.pop()!;
    open = rest === '' ? [] : [rest];
    for (const line of parts) yield separator === '\n' ? withoutCarriageReturn(line) : line;
  }
  if (open.length > 0) yield separator === '\n' ? withoutCarriageReturn(open.join('')) : open.join('');
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
