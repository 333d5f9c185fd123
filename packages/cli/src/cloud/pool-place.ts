import { megalithHome } from '@megalith/core';
import { inJobsHome } from '../preferences/jobs-home.js';

/** Where this command line keeps what it knows, and looks for its config. */
export const poolPlace = () => ({ home: inJobsHome().home ?? megalithHome(), cwd: process.cwd() });
