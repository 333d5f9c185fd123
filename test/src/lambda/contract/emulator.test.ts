import { describe } from 'vitest';
import { awsRuntimeClient } from '../sandboxes/runtime-client.js';
import { defineHandlerContract } from './define-handler-contract.js';
import { emulatedFunctions } from './emulated-functions.js';

defineHandlerContract('the emulator', () => emulatedFunctions());

const aws = awsRuntimeClient();
describe.skipIf(aws === undefined)("with AWS's own runtime client", () => {
  defineHandlerContract('the emulator and aws-lambda-ric', () => emulatedFunctions(aws));
});
