/** One of what user data may hold. */
export interface UserDataPart {
  readonly kind: 'config' | 'boothook' | 'script' | 'unknown';
  readonly text: string;
}

/** The parts of user data: one, or those of a MIME multipart message. Parts within parts are not read. */
export function partsOf(userData: string): UserDataPart[] {
  const text = userData.replaceAll('\r\n', '\n');
  const boundary = boundaryOf(text);
  if (boundary === undefined) return [{ kind: kindByStart(userData), text: userData }];
  const [, ...rest] = `\n${text}`.split(`\n--${boundary}`);
  return rest
    .filter(part => !part.startsWith('--'))
    .map(part => {
      const message = part.slice(part.indexOf('\n') + 1);
      const end = message.startsWith('\n') ? 0 : message.indexOf('\n\n') + 1;
      return partOf(message.slice(0, end), message.slice(end + 1));
    });
}

function boundaryOf(text: string): string | undefined {
  const head = text.slice(0, Math.max(0, text.indexOf('\n\n')));
  if (!/^(content-type: *multipart\/|mime-version:)/im.test(head)) return undefined;
  return /^content-type: *multipart\/[\s\S]*?boundary="?([^"\n;]+)"?/im.exec(head)?.[1];
}

function partOf(head: string, body: string): UserDataPart {
  const coding = /^content-transfer-encoding: *(\S+)/im.exec(head)?.[1]?.toLowerCase();
  const text = coding === 'base64' ? Buffer.from(body, 'base64').toString() : body;
  const type = /^content-type: *([^;\s]+)/im.exec(head)?.[1]?.toLowerCase();
  switch (type) {
    case 'text/cloud-config':
      return { kind: 'config', text };
    case 'text/cloud-boothook':
      return { kind: 'boothook', text };
    case 'text/x-shellscript':
      return { kind: 'script', text };
    default:
      return { kind: kindByStart(text), text };
  }
}

function kindByStart(text: string): UserDataPart['kind'] {
  if (text.startsWith('#cloud-config')) return 'config';
  if (text.startsWith('#cloud-boothook')) return 'boothook';
  return text.startsWith('#!') ? 'script' : 'unknown';
}
