/** One way in which a secret may be written. */
export interface SecretForm {
  readonly name: string;
  readonly text: string;
  readonly bytes: Buffer;
}

/** Shorter values are words like `yes` or numbers: to hide them would make every log unreadable and protect nothing. */
const shortest = 4;

/**
 * The ways in which programs write secrets: as they are, in base64 (also of the value and a line break, as `echo` gives it), in URLs
 * and in JSON. Longest first.
 */
export function secretForms(secrets: Readonly<Record<string, string>>): readonly SecretForm[] {
  const forms = new Map<string, string>();
  for (const [name, value] of Object.entries(secrets)) {
    if (value.length < shortest) continue;
    for (const text of waysToWrite(value.toWellFormed())) if (!forms.has(text)) forms.set(text, name);
  }
  return [...forms]
    .map(([text, name]) => ({ name, text, bytes: Buffer.from(text) }))
    .sort((a, b) => b.bytes.length - a.bytes.length);
}

function waysToWrite(value: string): string[] {
  const encoded = [value, `${value}\n`].flatMap(text => {
    const base64 = Buffer.from(text).toString('base64');
    return [base64, base64.replace(/=+$/, ''), Buffer.from(text).toString('base64url')];
  });
  const inUrl = encodeURIComponent(value);
  const inForm = new URLSearchParams([['', value]]).toString().slice(1);
  const inJson = JSON.stringify(value).slice(1, -1);
  return [value, ...encoded, inUrl, inUrl.replace(/%../g, hex => hex.toLowerCase()), inForm, inJson, inAscii(inJson)];
}

/** JSON as many programs write it: all that is not ASCII as `\uXXXX`. */
function inAscii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
