import { describe } from 'vitest';
import { defineHandlerContract } from './define-handler-contract.js';
import { rieFunctions, rieProgram } from './rie-functions.js';

const program = rieProgram();
describe.skipIf(program === undefined)("with AWS's own emulator", () => {
  defineHandlerContract('aws-lambda-rie', async () => rieFunctions(program!));
});
