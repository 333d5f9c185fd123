import { megalithHome } from '@megalith/core';
import { type Inventory, readInventory } from '@megalith/standalone';
import { inJobsHome } from '../preferences/jobs-home.js';

/** The inventory as it applies in the working directory. */
export function inventoryHere(): Promise<Inventory> {
  return readInventory({ cwd: process.cwd(), home: inJobsHome().home ?? megalithHome() });
}
