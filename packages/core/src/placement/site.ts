import type { Label } from '@megalith/agent';

/** A place with a location and a clearance. */
export interface Site {
  /** `here`, `alpha`, `ec2 us-east-1`. */
  readonly name: string;
  /** `here`: the machine of the client. `on-prem`: the organisation's own. */
  readonly kind: 'here' | 'on-prem' | 'cloud';
  /** As the cloud calls it, or as the config says. */
  readonly region?: string;
  /** The highest label of data that may go there. */
  readonly clearance: Label;
}
