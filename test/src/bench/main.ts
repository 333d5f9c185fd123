// pnpm bench [NAME...] [--json]: measures Megalith beside its peers, in the same run.
// Rows go to stdout (a table, or with --json one object a line), everything else to stderr. A bench that ran as a whole
// is kept under test/bench-results/. `leaks` and `placement`, which have no peers to run, are other kinds of bench, and run only where they are named.
// Exit code 1 if a case failed, something leaked or data went where it may not, 2 for a name that there is not.
import { parseArgs } from 'node:util';
import type { Row } from './bench.js';
import { benches } from './benches.js';
import { compare } from './compare.js';
import { keepResults } from './results.js';
import { select } from './select.js';
import { tableHead, tableRow } from './table.js';

const { values, positionals: names } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true });
const others = ['leaks', 'placement'] as const;
const [wantsLeaks, wantsPlacement] = others.map(name => names.includes(name));
const positionals = names.filter(name => !others.some(other => other === name));

function chosen() {
  try {
    return select(benches, positionals);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}

const asked = (wantsLeaks || wantsPlacement) && positionals.length === 0 ? [] : chosen();
if (!values.json && asked.length > 0) console.log(tableHead());
for (const bench of asked) {
  const rows: Row[] = [];
  let failed = false;
  for (const subject of bench.cases) {
    const missing = subject.missing?.();
    if (missing !== undefined) {
      console.error(`skipped: ${subject.name}: ${missing}`);
      continue;
    }
    try {
      const row = await compare(bench.name, subject);
      rows.push(row);
      console.log(values.json ? JSON.stringify(row) : tableRow(row));
    } catch (error) {
      failed = true;
      process.exitCode = 1;
      console.error(`failed: ${subject.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await bench.end?.();
  const whole = bench.cases.length === benches.find(({ name }) => name === bench.name)?.cases.length;
  if (whole && !failed) console.error(`kept in ${keepResults(bench.name, rows, new Date())}`);
}

if (wantsLeaks) {
  const { benchLeaks } = await import('./leaks/leak-bench.js');
  if (!(await benchLeaks())) process.exitCode = 1;
}

if (wantsPlacement) {
  const { benchPlacement } = await import('./placement/placement-bench.js');
  if (!benchPlacement(values.json === true)) process.exitCode = 1;
}
