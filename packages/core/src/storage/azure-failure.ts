import { fieldsOf, isMegalithError, MegalithError } from '@megalith/agent';

/** What Azure's library, or the network below it, says of a failure. */
export interface AzureFacts {
  readonly code: string;
  readonly status?: number;
  readonly requestId?: string;
}

export function azureFacts(error: unknown): AzureFacts {
  const { code, name, statusCode, details } = fieldsOf(error);
  const { errorCode, requestId } = fieldsOf(details);
  const word = [errorCode, code, name].find(each => typeof each === 'string' && each !== '' && each !== 'Error');
  return {
    code: typeof word === 'string' ? word : 'UnknownError',
    ...(typeof statusCode === 'number' ? { status: statusCode } : {}),
    ...(typeof requestId === 'string' ? { requestId } : {}),
  };
}

/** There is no such object, but the container. */
export function isAbsent(error: unknown): boolean {
  const { code, status } = azureFacts(error);
  return status === 404 && code !== 'ContainerNotFound';
}

const credentials = 'give credentials that the account knows: AZURE_STORAGE_KEY, or AZURE_STORAGE_CONNECTION_STRING';
const rights = 'whoever is signed in needs the role "Storage Blob Data Contributor" on the container';

const refused: Readonly<Record<string, string>> = {
  AuthenticationFailed: `${credentials}, and see that the clock is right`,
  InvalidAuthenticationInfo: credentials,
  NoAuthenticationInformation: credentials,
  KeyBasedAuthenticationNotPermitted: 'the account takes no keys: npm install @azure/identity and `az login`',
  CredentialUnavailableError: 'set AZURE_STORAGE_KEY, or `az login`',
  AuthenticationRequiredError: 'set AZURE_STORAGE_KEY, or `az login`',
};

const failed: Readonly<Record<string, string>> = {
  ContainerNotFound: 'make the container, or mend `url` of the store in the config',
  ContainerBeingDeleted: 'the container is being removed',
  InvalidBlockList: 'something else put the same key at the same time, and in parts: put it again',
  ServerBusy: 'the account is asked too often, whoever does it: try again later',
  ENOTFOUND: 'there is no such storage account: mend `url` of the store in the config',
};

/** The error that users see for one that a call to a store threw. Errors of ours pass as they are. */
export function azureFailure(what: string, place: string, error: unknown): MegalithError {
  if (isMegalithError(error)) return error;
  const { code, status, requestId } = azureFacts(error);
  const details = {
    storeCode: code,
    ...(status === undefined ? {} : { httpStatus: status }),
    ...(requestId === undefined ? {} : { requestId }),
  };
  // Azure adds the id and the time of the request, in lines of their own.
  const [first = ''] = (error instanceof Error ? error.message : String(error)).trim().split(/[\r\n]/);
  const reason = first.replace(/\?\S*/g, '').trim();
  const said = reason === '' || reason === code ? code : `${code}: ${reason}`;
  // Its own error has the request, with all of its headers.
  const cause = Object.assign(new Error(said), { code });
  if (code in refused || status === 403 || status === 401) {
    const hint = refused[code] ?? `${credentials}; ${rights}`;
    return new MegalithError('NO_CREDENTIALS', `${place} refused ${what}: ${said}`, { hint, details, cause });
  }
  const hint = failed[code] ?? `see whether ${place} can be reached from here, and try again`;
  return new MegalithError('STORE_FAILED', `${place} failed ${what}: ${said}`, { hint, details, cause });
}
