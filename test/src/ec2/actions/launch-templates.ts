import type { Account } from '../state/account.js';
import { newId } from '../state/ids.js';
import type { LaunchTemplate } from '../state/resources.js';
import { readTagSpecifications, tagSet } from '../state/tags.js';
import { ApiError } from '../wire/api-error.js';
import { branch, type Params, required, text, texts } from '../wire/params.js';
import type { XmlTree } from '../wire/xml.js';
import { type Action, type Call, idempotent } from './call.js';
import { filtered } from './filters.js';
import { page } from './page.js';

export const createLaunchTemplate: Action = call => ({
  launchTemplate: templateXml(idempotent(call, () => create(call))),
});

function create({ account, params, faults }: Call): LaunchTemplate {
  const name = required(params, 'LaunchTemplateName');
  if (!/^[a-zA-Z0-9().\-/_]{3,128}$/.test(name))
    throw new ApiError(
      'InvalidLaunchTemplateName.MalformedException',
      'Launch template name must be between 3 and 128 characters.',
    );
  if ([...account.templates.values()].some(template => template.name === name))
    throw new ApiError('InvalidLaunchTemplateName.AlreadyExistsException', 'Launch template name already in use.');
  const tags = readTagSpecifications(params, ['launch-template']).get('launch-template') ?? new Map();
  const template: LaunchTemplate = {
    id: newId('lt'),
    name,
    createdAt: account.now(),
    tags: faults.take('tags-lost') === undefined ? tags : new Map(),
    defaultVersion: 1,
    versions: [readData(params)],
  };
  account.templates.set(template.id, template);
  return template;
}

export const createLaunchTemplateVersion: Action = call => {
  const { account, params } = call;
  const template = templateOf(account, params);
  const number = idempotent(call, () => template.versions.push(readData(params)));
  return {
    launchTemplateVersion: {
      launchTemplateId: template.id,
      launchTemplateName: template.name,
      versionNumber: number,
      createTime: new Date(account.now()),
      defaultVersion: number === template.defaultVersion,
    },
  };
};

export const describeLaunchTemplates: Action = call => {
  const { account, params } = call;
  const ids = texts(params, 'LaunchTemplateId');
  const names = texts(params, 'LaunchTemplateName');
  const named = [
    ...ids.map(id => templateOf(account, { LaunchTemplateId: id })),
    ...names.map(name => templateOf(account, { LaunchTemplateName: name })),
  ];
  const known = ids.length + names.length > 0 ? named : [...account.templates.values()];
  const fitting = filtered(call, known, { 'launch-template-name': ({ name }) => name }, ({ tags }) => tags);
  const { items, nextToken } = page(call, fitting, { min: 1, max: 200, unasked: 200 });
  return { launchTemplates: items.map(templateXml), nextToken };
};

export const deleteLaunchTemplate: Action = ({ account, params }) => {
  const template = templateOf(account, params);
  account.templates.delete(template.id);
  return { launchTemplate: templateXml(template) };
};

/** The template and version that `LaunchTemplateId` or `LaunchTemplateName`, and `Version`, name. @throws ApiError */
export function templateNamed(account: Account, named: Params): { template: LaunchTemplate; version: number } {
  const template = templateOf(account, named);
  const asked = text(named, 'Version') ?? '$Default';
  const version =
    asked === '$Default' ? template.defaultVersion : asked === '$Latest' ? template.versions.length : Number(asked);
  if (template.versions[version - 1] === undefined)
    throw new ApiError('InvalidLaunchTemplateId.VersionNotFound', `Could not find the specified version ${asked}.`);
  return { template, version };
}

/** What a template's version launches where the request itself says nothing; tags of both. */
export function launchFromTemplate(template: LaunchTemplate, version: number, request: Params): Params {
  const data = template.versions[version - 1]!;
  const tags = [
    ...Object.values(branch(data, 'TagSpecification')),
    ...Object.values(branch(request, 'TagSpecification')),
  ];
  return { ...data, ...request, TagSpecification: Object.fromEntries(tags.map((tag, index) => [`${index + 1}`, tag])) };
}

/** What AWS tags instances with that come from a template. */
export function templateTags({ id }: LaunchTemplate, version: number): Record<string, string> {
  return { 'aws:ec2launchtemplate:id': id, 'aws:ec2launchtemplate:version': `${version}` };
}

function templateOf(account: Account, params: Params): LaunchTemplate {
  const id = text(params, 'LaunchTemplateId');
  const name = text(params, 'LaunchTemplateName');
  if (id === undefined && name === undefined)
    throw new ApiError('MissingParameter', 'You must specify a launch template ID or name.');
  const found =
    id !== undefined ? account.templates.get(id) : [...account.templates.values()].find(one => one.name === name);
  if (found !== undefined) return found;
  const code = id !== undefined ? 'InvalidLaunchTemplateId.NotFound' : 'InvalidLaunchTemplateName.NotFoundException';
  throw new ApiError(code, 'At least one of the launch templates specified in the request does not exist.');
}

function readData(params: Params): Params {
  if (params.LaunchTemplateData === undefined)
    throw new ApiError('MissingParameter', 'The request must contain the parameter LaunchTemplateData');
  return branch(params, 'LaunchTemplateData');
}

function templateXml(template: LaunchTemplate): XmlTree {
  return {
    launchTemplateId: template.id,
    launchTemplateName: template.name,
    createTime: new Date(template.createdAt),
    defaultVersionNumber: template.defaultVersion,
    latestVersionNumber: template.versions.length,
    tagSet: tagSet(template.tags),
  };
}
