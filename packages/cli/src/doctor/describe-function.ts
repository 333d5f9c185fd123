import { formatSize, shipExport } from '@megalith/core';
import { moduleExport } from '../run/module-export.js';

/** What would travel with a function. */
export interface FunctionDescription {
  readonly name: string;
  readonly where: string;
  readonly bundleHash: string;
  readonly bundleBytes: number;
  readonly capturedBytes: number;
  readonly warnings: readonly string[];
  /** Why it would work on this machine only. */
  readonly notPortable: readonly string[];
}

/** @param target `MODULE#EXPORT` @throws MegalithError CANNOT_SHIP with the reason */
export async function describeFunction(target: string): Promise<FunctionDescription> {
  const { module, exportName } = moduleExport(target);
  const { ref, name, where, warnings, notPortable } = await shipExport(module, exportName);
  return {
    name,
    where,
    bundleHash: ref.hash,
    bundleBytes: Buffer.byteLength(ref.code),
    capturedBytes: ref.captured.length,
    warnings,
    notPortable,
  };
}

export function functionText(description: FunctionDescription): string {
  const { name, where, bundleHash, bundleBytes, warnings, notPortable } = description;
  return [
    `function  ${name} (${where})`,
    `bundle    ${formatSize(bundleBytes)}, ${bundleHash.slice(0, 12)}`,
    ...warnings.map(warning => `warning   ${warning}`),
    ...notPortable.map(reason => `local     ${reason}`),
    notPortable.length === 0 ? 'works on any machine' : 'works on this machine only',
    '',
  ].join('\n');
}
