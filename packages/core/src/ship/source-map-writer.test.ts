import { SourceMap, type SourceMapPayload } from 'node:module';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MappedText } from './source-map-writer.js';

it("writes maps in which Node finds every piece's origin", () => {
  const piece = fc.record({
    text: fc.constantFrom('x', 'call()', 'a\nb', '\n', '\n\n  y'),
    path: fc.constantFrom('/a.ts', '/b c.ts'),
    line: fc.nat(100_000),
    column: fc.nat(5000),
  });
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1 }), pieces => {
      const out = new MappedText();
      let text = '';
      const starts: { line: number; column: number }[] = [];
      for (const { text: part, ...origin } of pieces) {
        const before = text.split('\n');
        starts.push({ line: before.length - 1, column: before.at(-1)!.length });
        out.mark(origin);
        out.write(part);
        text += part;
      }
      const [written, comment] = out.toString().split('\n//# sourceMappingURL=data:application/json;base64,');
      expect(written).toBe(text);
      const map = new SourceMap(JSON.parse(Buffer.from(comment!, 'base64').toString()) as SourceMapPayload);
      for (const [index, start] of starts.entries()) {
        const { path, line, column } = pieces[index]!;
        expect(map.findEntry(start.line, start.column)).toMatchObject({
          originalSource: `file://${path.replace(' ', '%20')}`,
          originalLine: line,
          originalColumn: column,
        });
      }
    }),
  );
});
