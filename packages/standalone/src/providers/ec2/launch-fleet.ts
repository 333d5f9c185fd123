import type {
  CreateFleetCommandInput,
  CreateFleetCommandOutput,
  CreateLaunchTemplateCommandInput,
} from '@aws-sdk/client-ec2';
import type { CallOptions } from './call.js';
import { detailsOf } from './cloud-error.js';
import type { Ec2Api } from './ec2-client.js';

/**
 * Makes a fleet's launch template, unless it is there, and the fleet. Idempotent with the fleet's client token. A template that AWS doesn't find
 * although it has just said that it is there is made once more: it was swept in between, or not all of AWS knows of it yet.
 * @throws MegalithError as `call` says
 */
export async function launchFleet(
  api: Pick<Ec2Api, 'createLaunchTemplate' | 'createFleet'>,
  template: CreateLaunchTemplateCommandInput,
  fleet: CreateFleetCommandInput,
  options: CallOptions = {},
): Promise<CreateFleetCommandOutput> {
  await ensureTemplate(api, template, options);
  try {
    return await api.createFleet(fleet, options);
  } catch (error) {
    if (!/^InvalidLaunchTemplate(Name|Id)\.NotFound/.test(detailsOf(error)?.awsCode ?? '')) throw error;
  }
  await ensureTemplate(api, template, options);
  return api.createFleet(fleet, options);
}

async function ensureTemplate(
  api: Pick<Ec2Api, 'createLaunchTemplate'>,
  template: CreateLaunchTemplateCommandInput,
  options: CallOptions,
): Promise<void> {
  try {
    await api.createLaunchTemplate(template, options);
  } catch (error) {
    // It is named for what it says: one of that name says the same.
    if (!/^InvalidLaunchTemplateName\.AlreadyExists/.test(detailsOf(error)?.awsCode ?? '')) throw error;
  }
}
