// Opens a route to the agent of a host. Prints the milliseconds that this takes, with the code loaded.
// Arguments: Megalith's home; the host.
import { configuredMachines } from '@megalith/standalone';

const [home = '', host = ''] = process.argv.slice(2);
const { machines } = await configuredMachines({ home, hosts: [host] });
const began = performance.now();
const route = await machines[0]!.reach({ start: true });
console.log(performance.now() - began);
route.close();
