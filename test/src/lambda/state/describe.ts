import type { EmulatedFunction, FunctionVersion } from './emulated-function.js';
import { latest } from './emulated-function.js';

/** `FunctionConfiguration` as the API gives it. */
export function configurationOf(one: EmulatedFunction, of: FunctionVersion, now: number): object {
  const { config, code, version, revision, modifiedAt } = of;
  const isPending = one.state(now) === 'Pending';
  const isUpdating = version === latest && one.isUpdating(now);
  return {
    FunctionName: config.name,
    FunctionArn: version === latest ? one.arn : `${one.arn}:${version}`,
    Runtime: config.runtime,
    Role: config.role,
    Handler: config.handler,
    CodeSize: code.byteLength,
    Description: config.description,
    Timeout: config.timeoutSeconds,
    MemorySize: config.memoryMib,
    LastModified: new Date(modifiedAt).toISOString().replace('Z', '+0000'),
    CodeSha256: code.sha256,
    Version: version,
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: revision,
    ...(Object.keys(config.environment).length === 0 ? {} : { Environment: { Variables: config.environment } }),
    State: isPending ? 'Pending' : 'Active',
    ...(isPending ? { StateReason: 'The function is being created.', StateReasonCode: 'Creating' } : {}),
    LastUpdateStatus: isPending || isUpdating ? 'InProgress' : 'Successful',
    PackageType: 'Zip',
    Architectures: [config.architecture],
    EphemeralStorage: { Size: config.ephemeralMib },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${config.name}` },
  };
}
