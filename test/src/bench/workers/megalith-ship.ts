// Ships a function that captured a constant, a helper and an import. Prints the milliseconds from the call to its value.
// Argument: `first` (found, bundled, sent) or `again` (the same function once more). Slots are started before.
import { createHash } from 'node:crypto';
import { FunctionExecutor } from '@megalith/core';
import { increment } from './increment.js';

await using executor = new FunctionExecutor();
await executor.callAsync(increment, 1);

const salt = 'salt';
const hex = (text: string) => createHash('sha256').update(text).digest('hex');
const salted = (text: string) => hex(salt + text);

if (process.argv[2] === 'again') await executor.callAsync(salted, 'x');
const began = performance.now();
const value = await executor.callAsync(salted, 'y');
const tookMs = performance.now() - began;

if (value !== salted('y')) throw new Error(`the value is ${value}`);
console.log(tookMs);
