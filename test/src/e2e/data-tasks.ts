import type { DataPart, TaskContext } from '@megalith/core';

/** Words of a part, which may begin and end inside a line. */
export async function countWords(part: DataPart, { open }: TaskContext): Promise<number> {
  let words = 0;
  for await (const line of open(part).lines()) words += line.split(' ').filter(word => word !== '').length;
  return words;
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, each) => sum + each, 0);
}

export async function fieldsOf(part: DataPart, { open }: TaskContext): Promise<string[][]> {
  const fields: string[][] = [];
  for await (const row of open(part).rows()) fields.push([row.id!, row.text!]);
  return fields;
}

export async function keysAndValues(part: DataPart, { open }: TaskContext): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of open(part).json()) values.push(value);
  return values;
}

export async function sizesOfRecords(part: DataPart, { open }: TaskContext): Promise<number[]> {
  const sizes: number[] = [];
  for await (const record of open(part).records()) sizes.push(record.length);
  return sizes;
}
