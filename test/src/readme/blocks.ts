/** A fenced block of a Markdown page. */
export interface Block {
  /** What stands after the opening fence: `ts`, `console`, `sh`. */
  readonly language: string;
  readonly text: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
}

/** All fenced blocks, in order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  for (const match of markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    blocks.push({ language: match[1]!, text: match[2]!, line: markdown.slice(0, match.index).split('\n').length });
  }
  return blocks;
}

/** What a TypeScript block says that it prints: the comment behind each `console.log(…);`. */
export function printedBy(text: string): string[] {
  return text.split('\n').flatMap(line => /console\.log\(.*\); \/\/ (.+)$/.exec(line)?.[1] ?? []);
}

export interface Command {
  readonly command: string;
  readonly stdout: string;
}

/** What a console block says: each `$ command` and the output below it. */
export function commandsOf(text: string): Command[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map(part => {
      const end = part.indexOf('\n');
      return { command: part.slice(0, end), stdout: part.slice(end + 1) };
    });
}
