import { megalithHome } from '@megalith/core';
import { allMachines, type Machine, machineNamed } from '@megalith/standalone';
import { inJobsHome } from '../preferences/jobs-home.js';

const here = () => ({ home: inJobsHome().home ?? megalithHome(), cwd: process.cwd() });

/** The hosts of the inventory as it applies in the working directory, and this machine. */
export function machinesHere(): Promise<readonly Machine[]> {
  return allMachines(here());
}

/** @throws MegalithError NOT_FOUND */
export function machineHere(name: string): Promise<Machine> {
  return machineNamed(name, here());
}
