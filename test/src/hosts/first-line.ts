import type { ChildProcess } from 'node:child_process';
import { within } from '../conformance/eventually.js';

/** The first line that a program prints. @throws with what it said instead, where it ends before */
export function firstLine(child: ChildProcess): Promise<string> {
  const command = child.spawnargs.join(' ');
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', text => {
    errors += text;
  });
  const line = new Promise<string>((resolve, reject) => {
    let text = '';
    child.once('error', reject);
    child.once('close', code => reject(new Error(`${command} ended with ${code}: ${errors}`)));
    child.stdout?.setEncoding('utf8').on('data', more => {
      text += more;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
  });
  return within(20_000, `the first line of ${command}`, line);
}
