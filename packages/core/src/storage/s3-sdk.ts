/** AWS's library, loaded when it is first used: it takes a third of a second. */
export async function s3Sdk(): Promise<typeof import('@aws-sdk/client-s3')> {
  // The SDK looks at it while it is loaded. Megalith says itself which Node it needs.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  return import('@aws-sdk/client-s3');
}
