import * as fc from "fast-check";
import { expect, test } from "vitest";
import { balancedColumns } from "./columns.ts";

test("boxes stand in as few columns as leave the fewest places empty, and fit", () => {
  const columns = (most: number): readonly number[] =>
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16].map((count) => balancedColumns(count, most));
  expect(columns(1)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect(columns(3)).toEqual([1, 2, 3, 2, 3, 3, 3, 3, 3, 3, 3]);
  expect(columns(100)).toEqual([1, 2, 3, 2, 5, 3, 4, 4, 3, 4, 4]);
});

test("no boxes, or a terminal narrower than one, take one column", () => {
  expect([balancedColumns(0, 5), balancedColumns(3, 0), balancedColumns(3, -1)]).toEqual([1, 1, 1]);
});

test("by brute force: no other number of columns that is allowed leaves fewer places empty", () => {
  const sizes = fc.integer({ min: 1, max: 200 });
  fc.assert(
    fc.property(sizes, sizes, (count, most) => {
      const square = Math.ceil(Math.sqrt(count));
      const empty = (columns: number): number => (columns - (count % columns)) % columns;
      const found = balancedColumns(count, most);
      expect(found).toBeLessThanOrEqual(most);
      const allowed = Array.from({ length: 2 * square }, (_, i) => i + 1).filter(
        (one) => one <= most && one <= count && one >= Math.min(square, most),
      );
      const best = Math.min(...allowed.map(empty));
      expect(found).toBe(allowed.find((one) => empty(one) === best));
    }),
  );
});
