import { measureTrace } from './measure-trace.js';
import { seeded } from './seeded.js';
import { traces } from './traces.js';

const random = seeded(20_260_823);
for (const trace of traces(random)) {
  const began = performance.now();
  for (const row of measureTrace(trace)) console.log(JSON.stringify(row));
  console.log(((performance.now() - began) / 1000).toFixed(1));
}
