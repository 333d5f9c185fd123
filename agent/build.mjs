import { build } from 'esbuild';

const entrances = [
  // One file with no dependency outside Node: bringing the agent to a machine is an upload.
  { from: 'src/main.ts', to: 'dist/agent.mjs' },
  // The handler of a function, which has the agent's file beside it to start slots from.
  { from: 'src/lambda.ts', to: 'dist/lambda.mjs' },
];

for (const { from, to } of entrances) {
  await build({
    entryPoints: [new URL(from, import.meta.url).pathname],
    outfile: new URL(to, import.meta.url).pathname,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: false,
    legalComments: 'none',
  });
}
