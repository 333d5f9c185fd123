import { startEc2 } from '../start-ec2.js';
import { defineContract } from './define-contract.js';

defineContract('the simulator', () => startEc2());
