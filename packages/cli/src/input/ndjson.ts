import { lines } from './lines.js';
import { badInput } from './source-error.js';

/** One JSON value a line; blank lines are skipped. */
export async function* ndjson(chunks: AsyncIterable<string>, source: string): AsyncGenerator<unknown> {
  let number = 0;
  for await (const line of lines(chunks)) {
    number++;
    if (line.trim() === '') continue;
    yield parseLine(line, source, number);
  }
}

function parseLine(line: string, source: string, number: number): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (error) {
    throw badInput(source, number, `not JSON (${(error as Error).message})`, 'each line must be one JSON value');
  }
}
