// Goes through the lines of a file as Node has it. Prints how many there are.
// Arguments: file; `lines` or `json`.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

const [, , file = '', way] = process.argv;
let lines = 0;
let longestBytes = 0;
for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
  lines++;
  const bytes = way === 'json' ? (JSON.parse(line) as { bytes: number }).bytes : line.length + 1;
  if (bytes > longestBytes) longestBytes = bytes;
}
console.log(lines);
