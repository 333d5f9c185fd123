import type { Actions } from './call.js';
import { startInstances, stopInstances, terminateInstances } from './change-state.js';
import { createFleet } from './create-fleet.js';
import { describeInstanceStatus } from './describe-instance-status.js';
import { describeInstances } from './describe-instances.js';
import { describeImages } from './images.js';
import { describeInstanceAttribute, getConsoleOutput, modifyInstanceAttribute } from './instance-attributes.js';
import { describeInstanceTypeOfferings, describeInstanceTypes } from './instance-types.js';
import { deleteKeyPair, describeKeyPairs, importKeyPair } from './key-pairs.js';
import {
  createLaunchTemplate,
  createLaunchTemplateVersion,
  deleteLaunchTemplate,
  describeLaunchTemplates,
} from './launch-templates.js';
import { describeAvailabilityZones, describeSubnets, describeVpcs } from './network.js';
import { runInstances } from './run-instances.js';
import {
  authorizeSecurityGroupIngress,
  createSecurityGroup,
  deleteSecurityGroup,
  describeSecurityGroups,
  revokeSecurityGroupIngress,
} from './security-groups.js';
import { describeSpotPriceHistory } from './spot-prices.js';
import { createTags, deleteTags } from './tags.js';
import { deleteVolume, describeVolumes } from './volumes.js';

/** What the simulator can do, by the API's names. */
export const allActions: Actions = {
  AuthorizeSecurityGroupIngress: authorizeSecurityGroupIngress,
  CreateFleet: createFleet,
  CreateLaunchTemplate: createLaunchTemplate,
  CreateLaunchTemplateVersion: createLaunchTemplateVersion,
  CreateSecurityGroup: createSecurityGroup,
  CreateTags: createTags,
  DeleteKeyPair: deleteKeyPair,
  DeleteLaunchTemplate: deleteLaunchTemplate,
  DeleteSecurityGroup: deleteSecurityGroup,
  DeleteTags: deleteTags,
  DeleteVolume: deleteVolume,
  DescribeAvailabilityZones: describeAvailabilityZones,
  DescribeImages: describeImages,
  DescribeInstanceAttribute: describeInstanceAttribute,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeInstances: describeInstances,
  DescribeInstanceTypeOfferings: describeInstanceTypeOfferings,
  DescribeInstanceTypes: describeInstanceTypes,
  DescribeKeyPairs: describeKeyPairs,
  DescribeLaunchTemplates: describeLaunchTemplates,
  DescribeSecurityGroups: describeSecurityGroups,
  DescribeSpotPriceHistory: describeSpotPriceHistory,
  DescribeSubnets: describeSubnets,
  DescribeVolumes: describeVolumes,
  DescribeVpcs: describeVpcs,
  GetConsoleOutput: getConsoleOutput,
  ImportKeyPair: importKeyPair,
  ModifyInstanceAttribute: modifyInstanceAttribute,
  RevokeSecurityGroupIngress: revokeSecurityGroupIngress,
  RunInstances: runInstances,
  StartInstances: startInstances,
  StopInstances: stopInstances,
  TerminateInstances: terminateInstances,
};
