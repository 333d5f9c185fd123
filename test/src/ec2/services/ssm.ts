import { images } from '../data/images.js';
import type { Account } from '../state/account.js';
import { ApiError } from '../wire/api-error.js';
import { type JsonAction, type JsonBody, member } from './json-call.js';

export const getParameter: JsonAction = ({ region }, body) => {
  const name = member(body, 'Name');
  const found = parameter(region, name);
  if (found === undefined) throw new ApiError('ParameterNotFound', `Parameter ${name} not found.`);
  return { Parameter: found };
};

export const getParameters: JsonAction = ({ region }: Account, body) => {
  const names = Array.isArray(body.Names) ? body.Names.map(String) : [];
  if (names.length === 0 || names.length > 10)
    throw new ApiError('ValidationException', 'Names must have 1 to 10 members.');
  return {
    Parameters: names.flatMap(name => parameter(region, name) ?? []),
    InvalidParameters: names.filter(name => parameter(region, name) === undefined),
  };
};

function parameter(region: string, name: string): JsonBody | undefined {
  const image = images.find(({ parameters }) => parameters.includes(name));
  if (image === undefined) return undefined;
  return {
    Name: name,
    Type: 'String',
    Value: image.id,
    Version: 1,
    DataType: 'aws:ec2:image',
    LastModifiedDate: Date.parse(image.created) / 1000,
    ARN: `arn:aws:ssm:${region}::parameter${name}`,
  };
}
