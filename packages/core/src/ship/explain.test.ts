import { expect, it } from 'vitest';
import { cannotShip } from './explain.js';

it('names the function, its place, the reason and the way to the variable', () => {
  const error = cannotShip(
    { name: 'resize', where: 'src/main.ts:12' },
    {
      because: "captured 'db' is a Socket",
      hint: 'create it inside',
      variable: 'db',
      path: ['resize', 'load', 'open', 'db'],
    },
  );
  expect(error.message).toBe(
    "cannot ship 'resize' (src/main.ts:12): captured 'db' is a Socket, by way of 'load' → 'open'",
  );
  expect(error).toMatchObject({
    code: 'CANNOT_SHIP',
    exitCode: 2,
    hint: 'create it inside',
    details: { function: 'resize', where: 'src/main.ts:12', variable: 'db', path: ['resize', 'load', 'open', 'db'] },
  });
});
