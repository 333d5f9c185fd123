import { type FileTransfer, formatSize } from '@megalith/core';

/** How files travel, for a status line; undefined where none do, or all have arrived. */
export function filesText(transfers: readonly FileTransfer[]): string | undefined {
  const underWay = transfers.filter(({ bytes, totalBytes }) => totalBytes === undefined || bytes < totalBytes);
  const parts = (['there', 'back'] as const).flatMap(direction => {
    const ones = underWay.filter(transfer => transfer.direction === direction);
    return ones.length === 0 ? [] : [`${direction === 'there' ? 'sending' : 'fetching'} files: ${amount(ones)}`];
  });
  return parts.length === 0 ? undefined : parts.join(', ');
}

function amount(transfers: readonly FileTransfer[]): string {
  const bytes = transfers.reduce((sum, transfer) => sum + transfer.bytes, 0);
  if (transfers.some(({ totalBytes }) => totalBytes === undefined)) return formatSize(bytes);
  return `${formatSize(bytes)} of ${formatSize(transfers.reduce((sum, { totalBytes = 0 }) => sum + totalBytes, 0))}`;
}
