import type { Account } from '../state/account.js';
import { configurationOf } from '../state/describe.js';
import { readCode } from '../state/function-code.js';
import { changed, newConfig } from '../state/function-config.js';
import { invalid, LambdaError } from '../wire/lambda-error.js';
import { emptyReply, jsonReply, type Reply } from '../wire/reply.js';
import { jsonOf, type LambdaCall } from '../wire/request.js';

/** Acts on the account. @throws LambdaError */
export type ControlAction = (account: Account, call: LambdaCall) => Reply;

const createFunction: ControlAction = (account, call) => {
  const sent = jsonOf(call);
  const config = newConfig(sent);
  const { ZipFile } = (sent.Code ?? {}) as { ZipFile?: unknown };
  const made = account.create(config, readCode(ZipFile));
  for (const [key, value] of Object.entries((sent.Tags ?? {}) as Record<string, string>)) made.tags.set(key, value);
  const version = sent.Publish === true ? made.publish() : made.latest;
  return jsonReply(201, configurationOf(made, version, account.now()));
};

const getFunction: ControlAction = (account, call) => {
  const { one, version } = found(account, call);
  const tags = Object.fromEntries(one.tags);
  return jsonReply(200, {
    Configuration: configurationOf(one, version, account.now()),
    Code: { RepositoryType: 'S3', Location: `http://127.0.0.1/no-download/${version.code.sha256}` },
    ...(one.tags.size === 0 ? {} : { Tags: tags }),
    ...(one.reserved === undefined ? {} : { Concurrency: { ReservedConcurrentExecutions: one.reserved } }),
  });
};

const getFunctionConfiguration: ControlAction = (account, call) => {
  const { one, version } = found(account, call);
  return jsonReply(200, configurationOf(one, version, account.now()));
};

const updateFunctionConfiguration: ControlAction = (account, call) => {
  const { one } = account.find(call.resource);
  const sent = jsonOf(call);
  mustBeRevision(sent, one.latest.revision);
  account.update(one, { config: changed(one.latest.config, sent) });
  return jsonReply(200, configurationOf(one, one.latest, account.now()));
};

const updateFunctionCode: ControlAction = (account, call) => {
  const { one } = account.find(call.resource);
  const sent = jsonOf(call);
  mustBeRevision(sent, one.latest.revision);
  const code = readCode(sent.ZipFile);
  const config = changed(one.latest.config, { Architectures: sent.Architectures });
  if (sent.DryRun !== true) account.update(one, { code, config });
  const version = sent.Publish === true && sent.DryRun !== true ? one.publish() : one.latest;
  return jsonReply(200, configurationOf(one, version, account.now()));
};

function mustBeRevision({ RevisionId }: Readonly<Record<string, unknown>>, revision: string): void {
  if (RevisionId === undefined || RevisionId === revision) return;
  throw new LambdaError(
    'PreconditionFailedException',
    'The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId',
    { status: 412 },
  );
}

const deleteFunction: ControlAction = (account, call) => {
  const { one, qualifier } = account.find(call.resource, call.query.get('Qualifier') ?? undefined);
  if (qualifier === undefined) account.functions.delete(one.latest.config.name);
  else if (!one.published.delete(qualifier))
    throw invalid('$LATEST version cannot be deleted without deleting the function.');
  return emptyReply(204);
};

const listFunctions: ControlAction = (account, { query }) => {
  const names = [...account.functions.keys()].sort();
  const from = query.get('Marker') ?? '';
  const most = Math.min(account.pageSize, Number(query.get('MaxItems') ?? account.pageSize));
  const rest = names.filter(name => name > from);
  const page = rest.slice(0, most).map(name => account.functions.get(name)!);
  const now = account.now();
  return jsonReply(200, {
    Functions: page.map(one => configurationOf(one, one.latest, now)),
    ...(rest.length > most ? { NextMarker: rest[most - 1] } : {}),
  });
};

const listVersions: ControlAction = (account, call) => {
  const { one } = account.find(call.resource);
  const versions = [one.latest, ...one.published.values()];
  return jsonReply(200, { Versions: versions.map(version => configurationOf(one, version, account.now())) });
};

const publishVersion: ControlAction = (account, call) => {
  const { one } = account.find(call.resource);
  one.mustBeAtRest(account.now());
  return jsonReply(201, configurationOf(one, one.publish(), account.now()));
};

const listTags: ControlAction = (account, call) => {
  return jsonReply(200, { Tags: Object.fromEntries(account.find(call.resource).one.tags) });
};

const tagResource: ControlAction = (account, call) => {
  const { one } = account.find(call.resource);
  for (const [key, value] of Object.entries((jsonOf(call).Tags ?? {}) as Record<string, string>))
    one.tags.set(key, value);
  return emptyReply(204);
};

const untagResource: ControlAction = (account, call) => {
  const { one } = account.find(call.resource);
  for (const key of call.query.getAll('tagKeys')) one.tags.delete(key);
  return emptyReply(204);
};

/** "as long as you leave at least 100 simultaneous executions unreserved". */
const leastUnreserved = 100;

const putConcurrency: ControlAction = (account, call) => {
  const { one } = account.find(call.resource);
  const wanted = jsonOf(call).ReservedConcurrentExecutions;
  if (typeof wanted !== 'number' || wanted < 0) throw invalid('ReservedConcurrentExecutions must be 0 or more.');
  if (account.unreservedConcurrency + (one.reserved ?? 0) - wanted < leastUnreserved) {
    throw invalid(
      `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${leastUnreserved}].`,
    );
  }
  one.reserved = wanted;
  return jsonReply(200, { ReservedConcurrentExecutions: wanted });
};

const getConcurrency: ControlAction = (account, call) => {
  const { reserved } = account.find(call.resource).one;
  return jsonReply(200, reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved });
};

const deleteConcurrency: ControlAction = (account, call) => {
  account.find(call.resource).one.reserved = undefined;
  return emptyReply(204);
};

const getAccountSettings: ControlAction = account =>
  jsonReply(200, {
    AccountLimit: {
      TotalCodeSize: account.codeStorageBytes,
      CodeSizeUnzipped: 262_144_000,
      CodeSizeZipped: 52_428_800,
      ConcurrentExecutions: account.concurrency,
      UnreservedConcurrentExecutions: account.unreservedConcurrency,
    },
    AccountUsage: { TotalCodeSize: account.codeBytes, FunctionCount: account.functions.size },
  });

function found(account: Account, { resource, query }: LambdaCall) {
  const { one, qualifier } = account.find(resource, query.get('Qualifier') ?? undefined);
  return { one, version: one.versionOf(qualifier)! };
}

export const controlActions: Readonly<Record<string, ControlAction>> = {
  CreateFunction: createFunction,
  GetFunction: getFunction,
  GetFunctionConfiguration: getFunctionConfiguration,
  UpdateFunctionConfiguration: updateFunctionConfiguration,
  UpdateFunctionCode: updateFunctionCode,
  DeleteFunction: deleteFunction,
  ListFunctions: listFunctions,
  ListVersionsByFunction: listVersions,
  PublishVersion: publishVersion,
  ListTags: listTags,
  TagResource: tagResource,
  UntagResource: untagResource,
  PutFunctionConcurrency: putConcurrency,
  GetFunctionConcurrency: getConcurrency,
  DeleteFunctionConcurrency: deleteConcurrency,
  GetAccountSettings: getAccountSettings,
};
