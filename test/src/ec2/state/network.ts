import type { Tags } from './tags.js';

export interface Subnet {
  readonly id: string;
  readonly zone: string;
  readonly cidr: string;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly isDefault: boolean;
  readonly tags: Tags;
  rules: readonly IngressRule[];
}

/** One source of one range of ports. */
export interface IngressRule {
  readonly id: string;
  readonly protocol: string;
  readonly fromPort: number | undefined;
  readonly toPort: number | undefined;
  readonly source: { readonly cidr: string } | { readonly cidr6: string } | { readonly groupId: string };
  readonly description: string | undefined;
}
