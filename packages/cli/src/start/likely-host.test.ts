import { describe, expect, it } from 'vitest';
import { likelyHost } from './likely-host.js';

const nothing = () => undefined;

describe('the job host that a command line will likely need', () => {
  it.each([
    ['run -- true'],
    ['run --memory 1GiB --json -- make -j8 --backend x --help'],
    ['run --shell ls'],
    ['map ./work.ts#f --data items.json --time 1m'],
    ['map ./work.ts#f --data items.json --output x'],
  ])('is a plain one for %j', line => {
    expect(likelyHost(line.split(' '), {}, nothing)).toEqual({});
  });

  it.each([
    [''],
    ['--version'],
    ['run'],
    ['jobs'],
    ['help run'],
    ['run --help'],
    ['map -h'],
    ['run --dry-run -- true'],
    ['run --backend standalone -- true'],
    ['map --backend=local ./work.ts#f --data x'],
    ['run -j 4 --each x -- true'],
    ['run -j4 --each x -- true'],
    ['run --slots=4 --each x -- true'],
    ['run --jobs 4 --each x -- true'],
    ['run --host alpha -- true'],
    ['run --detach -- true'],
    ['run --input=x -- true'],
    ['run --output x -- true'],
    ['map ./work.ts#f --data x --fetch y'],
  ])('is not to be guessed for %j', line => {
    expect(likelyHost(line.split(' '), {}, nothing)).toBeUndefined();
  });

  it.each(['MEGALITH_SOCKET', 'MEGALITH_BACKEND', 'MEGALITH_SLOTS', 'MEGALITH_HOST'])(
    'is not to be guessed where %s is set',
    name => {
      expect(likelyHost(['run', '--', 'true'], { [name]: '1' }, nothing)).toBeUndefined();
    },
  );

  it('keeps its jobs where the variable says, else the preferences', () => {
    const stored = () => '{"home": "/stored", "memory": "1GiB"}';
    expect(likelyHost(['run', '--', 'true'], {}, stored)).toEqual({ home: '/stored' });
    expect(likelyHost(['run', '--', 'true'], { MEGALITH_HOME: '/set' }, stored)).toEqual({ home: '/set' });
  });

  it.each(['{"slots": 2}', '{"host": "alpha"}', '{"backend": "standalone"}', '{"home": ', 'null'])(
    'is not to be guessed from the preferences %s',
    text => {
      expect(likelyHost(['run', '--', 'true'], {}, () => text)).toBeUndefined();
    },
  );
});
