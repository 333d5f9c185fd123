import { isMegalithError, MegalithError, type PartFile } from '@megalith/agent';
import type { FileMetaData, RowGroup } from 'hyparquet';

/** Read at once from the end, where Parquet says what is in it; of files with many row groups or columns that is longer, and takes a second read. */
const footerBytes = 64 * 1024;

/** One of the pieces that Parquet is made of, which can't be read but whole. */
export interface GroupOfRows {
  readonly rows: number;
  /** As they are stored, compressed. */
  readonly bytes: number;
  /** Where they begin. */
  readonly at: number;
}

/** @throws MegalithError USAGE for what is no Parquet, and what reading it throws */
export async function rowGroups(file: PartFile, name: string): Promise<GroupOfRows[]> {
  return (await footerOf(file, name)).row_groups.map(groupOf);
}

async function footerOf(file: PartFile, name: string): Promise<FileMetaData> {
  const { parquetMetadataAsync } = await import('hyparquet');
  try {
    return await parquetMetadataAsync(file, { initialFetchSize: footerBytes, geoparquet: false });
  } catch (cause) {
    if (isMegalithError(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MegalithError('USAGE', `"${name}" can't be cut as Parquet: ${why}`, {
      hint: "see that it is whole, and Parquet; or take it by another 'format'",
      cause,
    });
  }
}

function groupOf({ num_rows, columns }: RowGroup): GroupOfRows {
  let bytes = 0;
  let at = Number.MAX_SAFE_INTEGER;
  for (const { meta_data: column } of columns) {
    if (column === undefined) continue;
    bytes += Number(column.total_compressed_size);
    // Some write 0 where there is no dictionary.
    at = Math.min(at, Number(column.dictionary_page_offset || column.data_page_offset));
  }
  return { rows: Number(num_rows), bytes, at };
}
