// Sorts the lines of a file, with as many tasks as there are processors. Prints the milliseconds from the call to the sorted file.
// Arguments: the file; the output; the memory of each task.
import { FunctionExecutor } from '@megalith/core';

const [file = '', output = '', memory = ''] = process.argv.slice(2);
await using executor = new FunctionExecutor({ backend: 'local' });
const began = performance.now();
await executor.sort(file, { output, memory });
console.log(performance.now() - began);
