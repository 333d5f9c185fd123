import { MegalithError } from '@megalith/core';
import { CLIError } from '@oclif/core/errors';
import { describe, expect, it } from 'vitest';
import { errorReport, reportJson, reportText } from './error-report.js';

describe('errorReport', () => {
  it('passes on what a MegalithError says', () => {
    const report = errorReport(
      new MegalithError('OVER_MEMORY', 'too big', { hint: 'ask for less', details: { asked: 5 } }),
    );
    expect(report).toEqual({
      code: 'OVER_MEMORY',
      message: 'too big',
      hint: 'ask for less',
      details: { asked: 5 },
      exitCode: 3,
    });
    expect(reportText(report)).toBe('error: too big\nhint: ask for less\ncode: OVER_MEMORY\n');
    expect(reportJson(report)).toEqual({
      error: { code: 'OVER_MEMORY', message: 'too big', hint: 'ask for less', details: { asked: 5 } },
    });
  });

  it('makes one sentence of what oclif says about the command line, with exit code 2', () => {
    const error = new CLIError(
      'The following error occurred:\n  Missing required flag data\nSee more help with --help',
      { exit: 127 },
    );
    expect(errorReport(error, 'try this')).toEqual({
      code: 'USAGE',
      message: 'missing required flag data',
      hint: 'try this',
      exitCode: 2,
    });
  });

  it('calls everything else a bug, without a stack', () => {
    const report = errorReport(new TypeError('x is undefined'));
    expect(report).toMatchObject({ code: 'BUG', exitCode: 1 });
    expect(reportText(report)).not.toContain(' at ');
  });
});
