import { badInput } from './source-error.js';

/** The elements of one JSON array, as they arrive: the text as a whole is never held, so it may be larger than a string can be. */
export async function* jsonArray(chunks: AsyncIterable<string>, source: string): AsyncGenerator<unknown> {
  const splitter = new ArraySplitter(source);
  for await (const chunk of chunks) yield* splitter.push(chunk);
  splitter.end();
}

/** Finds where elements of the outermost array end; whether each is well formed is for JSON.parse to say. */
class ArraySplitter {
  readonly #source: string;
  #phase: 'before' | 'elements' | 'after' = 'before';
  #element = '';
  #depth = 0;
  #inString = false;
  #escaped = false;
  #line = 1;
  #count = 0;

  constructor(source: string) {
    this.#source = source;
  }

  *push(chunk: string): Generator<unknown> {
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const char = chunk[i]!;
      if (char === '\n') this.#line++;
      if (this.#phase !== 'elements') {
        this.#outside(char);
        from = i + 1;
      } else if (this.#inString) this.#insideString(char);
      else if (char === '"') this.#inString = true;
      else if (char === '[' || char === '{') this.#depth++;
      else if (this.#depth > 0) {
        if (char === ']' || char === '}') this.#depth--;
      } else if (char === ',' || char === ']') {
        this.#element += chunk.slice(from, i);
        from = i + 1;
        if (char === ']') this.#phase = 'after';
        if (char === ']' && this.#count === 0 && this.#element.trim() === '') continue;
        yield this.#take();
      }
    }
    if (this.#phase === 'elements') this.#element += chunk.slice(from);
  }

  end(): void {
    if (this.#phase === 'after') return;
    const problem = this.#phase === 'before' ? 'it is empty' : 'the array never ends';
    throw badInput(this.#source, undefined, problem, 'a .json file must hold one array, with one item an element');
  }

  #outside(char: string): void {
    if (/\s/.test(char)) return;
    if (this.#phase === 'before' && char === '[') this.#phase = 'elements';
    else if (this.#phase === 'before') {
      throw badInput(this.#source, this.#line, 'it is not a JSON array', 'one value a line goes in a .ndjson file');
    } else throw badInput(this.#source, this.#line, `"${char}" after the end of the array`);
  }

  #insideString(char: string): void {
    if (this.#escaped) this.#escaped = false;
    else if (char === '\\') this.#escaped = true;
    else if (char === '"') this.#inString = false;
  }

  #take(): unknown {
    const element = this.#element;
    this.#element = '';
    this.#count++;
    try {
      return JSON.parse(element) as unknown;
    } catch (error) {
      throw badInput(this.#source, this.#line, `element ${this.#count} is not JSON (${(error as Error).message})`);
    }
  }
}
