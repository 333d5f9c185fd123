/** Throws unless the results are as many as expected and add up to it: a wrong answer has no time. */
export function checkSum(results: readonly number[], count: number, sum: number): void {
  const found = results.reduce((a, b) => a + b, 0);
  if (results.length !== count || found !== sum) {
    throw new Error(`${results.length} results with the sum ${found}, not ${count} with ${sum}`);
  }
}
