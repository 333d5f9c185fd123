import { expect, it } from 'vitest';
import { lambdaPolicies } from './iam-policies.js';

it('lets the client see tags: AWS gives them only to who may list them, and without them nothing is ever removed', () => {
  const { client } = lambdaPolicies({ region: 'us-east-1', role: 'arn:aws:iam::123456789012:role/x' });
  const own = client.Statement.find(({ Sid }) => Sid === 'UseOwnFunctions');
  expect(own).toMatchObject({ Resource: 'arn:aws:lambda:us-east-1:123456789012:function:megalith-*' });
  expect(own?.Action).toEqual(expect.arrayContaining(['lambda:GetFunction', 'lambda:ListTags', 'lambda:TagResource']));
});
