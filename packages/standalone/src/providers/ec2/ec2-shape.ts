import type { Market } from '../../pool/cloud-machine.js';
import type { CloudShape } from '../../pool/offer.js';

/** A shape of EC2, with what decides whether it is offered unasked. */
export interface Ec2Shape extends CloudShape {
  /** AWS sells previous generations without recommending them. */
  readonly isCurrentGeneration: boolean;
  /** Where it can be had: high-memory shapes have no spot market. */
  readonly markets: readonly Market[];
}
