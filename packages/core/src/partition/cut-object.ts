import { csvBorders, type DataPart, MegalithError, type PartFormat } from '@megalith/agent';
import type { CutPlan } from './data-options.js';
import { evenBorders } from './even-borders.js';
import type { FoundObject } from './found-object.js';
import { readObject } from './read-object.js';

/** The parts of one object, in order. @throws MegalithError USAGE for one that can't be cut so, and what reading it throws where it has to be looked at */
export async function* cutObject(object: FoundObject, plan: CutPlan, signal: AbortSignal): AsyncGenerator<DataPart> {
  const format = plan.formatOf(object.name);
  const { name, bytes, version, label } = object;
  const part = async (number: number, start: number, end: number, parts?: number): Promise<DataPart> => ({
    megalith: 'part',
    from: await object.source(),
    name,
    start,
    end,
    part: number,
    format,
    ...(bytes === undefined ? {} : { bytes }),
    ...(version === undefined ? {} : { version }),
    ...(parts === undefined ? {} : { parts }),
    ...(label === undefined ? {} : { label }),
  });
  const isCut = plan.chunkBytes !== undefined || plan.chunks !== undefined || plan.splitter !== undefined;
  if (bytes === undefined || !isCut || format.type === 'gzip') {
    if (bytes === undefined && isCut && format.type !== 'gzip') throw sizeUnknown(name);
    yield await part(0, 0, bytes ?? Number.MAX_SAFE_INTEGER, 1);
    return;
  }
  const looked = lookedBorders(object, bytes, format, plan, signal);
  if (looked === undefined) {
    const borders = evenBorders(bytes, { ...plan, ...(format.type === 'records' ? { unitBytes: format.bytes } : {}) });
    for (const [i, start] of borders.entries()) yield await part(i, start, borders[i + 1] ?? bytes, borders.length);
    return;
  }
  let number = 0;
  let start = 0;
  for await (const border of looked) {
    yield await part(number, start, border);
    number += 1;
    start = border;
  }
  yield await part(number, start, bytes);
}

/** Of what has to be looked at: where parts but the first begin. */
function lookedBorders(
  object: FoundObject,
  bytes: number,
  format: PartFormat,
  { chunkBytes, chunks, splitter }: CutPlan,
  signal: AbortSignal,
): AsyncIterable<number> | undefined {
  const read = (range?: { readonly start: number; readonly end?: number }): AsyncIterable<Uint8Array> =>
    readObject(object, signal, range);
  if (splitter !== undefined) return checked(splitter({ name: object.name, bytes, read }), object.name, bytes);
  if (format.type !== 'csv') return undefined;
  const leastBytes = chunkBytes ?? Math.ceil(bytes / chunks!);
  return leastBytes >= bytes ? undefined : csvBorders(read(), leastBytes, format);
}

/** @throws MegalithError USAGE for offsets that do not ascend, or lie outside */
async function* checked(
  offsets: Iterable<number> | AsyncIterable<number>,
  name: string,
  bytes: number,
): AsyncGenerator<number> {
  let before = 0;
  for await (const offset of offsets) {
    if (offset === 0 && before === 0) continue;
    if (!Number.isSafeInteger(offset) || offset <= before || offset >= bytes) {
      throw new MegalithError('USAGE', `the splitter cuts "${name}" at ${offset}, after ${before}, of ${bytes} bytes`, {
        hint: 'offsets must ascend and lie inside the object',
      });
    }
    yield offset;
    before = offset;
  }
}

function sizeUnknown(name: string): MegalithError {
  return new MegalithError('USAGE', `"${name}" can't be cut: its server does not say how large it is`, {
    hint: 'take it as one part: leave "chunkSize", "chunks" and "splitter" out',
  });
}
