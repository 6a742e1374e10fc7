import * as fc from "fast-check";
import { expect, test } from "vitest";
import { GiB, KiB, MiB } from "../unit/bytes.ts";
import { at } from "../unit/list.ts";
import { allMemoryNodes, guestMemory, memoryBinding } from "./memory.ts";
import { generatedPlans } from "../../testing/guest/generated-plans.ts";
import { type CellShape, planOf } from "../../testing/guest/plan-of.ts";
import { sum, sumOf } from "../unit/sum.ts";

const cellsOf = (...cells: readonly Partial<CellShape>[]) =>
  planOf({ cells: cells.map((cell) => ({ cores: 1, ...cell })) }).cells;
const sized = (...sizes: readonly number[]) =>
  cellsOf(...sizes.map((bytes, node) => ({ memory: [{ node, bytes }] })));

function told(...sizes: readonly number[]): { sizes: readonly number[]; notes: string[] } {
  const notes: string[] = [];
  return { sizes: guestMemory(sized(...sizes), MiB, (text) => void notes.push(text)), notes };
}

test("cells of whole granules keep their size", () => {
  expect(told(4 * GiB, GiB)).toEqual({ sizes: [4 * GiB, GiB], notes: [] });
});

test("parts of granules are put together for the cells that miss most", () => {
  const { sizes, notes } = told(GiB + 600 * KiB, GiB + 100 * KiB, GiB + 324 * KiB);
  expect(sizes).toEqual([GiB + MiB, GiB, GiB]);
  expect(notes).toEqual([]);
});

test("what is less than a granule in all is not given, and said", () => {
  const { sizes, notes } = told(GiB + 4 * KiB, GiB);
  expect(sizes).toEqual([GiB, GiB]);
  expect(notes).toMatchInlineSnapshot(`
    [
      "4096 bytes of memory are not given: sizes are multiples of 1 MiB",
    ]
  `);
});

test("a cell without a granule is refused", () => {
  expect(() => told(4 * KiB, GiB)).toThrow("cell 0 has 4 KiB of memory");
});

test("sizes are whole granules and pages, and together the plan's", () => {
  fc.assert(
    fc.property(generatedPlans, ({ cells }) => {
      const sizes = guestMemory(cells, MiB, () => {});
      const planned = sumOf(cells, (cell) => cell.memoryBytes);
      expect(sum(sizes)).toBe(Math.floor(planned / MiB) * MiB);
      for (const [i, cell] of cells.entries()) {
        const bytes = at(sizes, i);
        expect([bytes % MiB, bytes % cell.pageBytes]).toEqual([0, 0]);
        expect(Math.abs(bytes - cell.memoryBytes)).toBeLessThan(MiB);
      }
    }),
  );
});

test("a preferred cell tries its own node first, or the one that has most", () => {
  const [own, away] = cellsOf(
    {
      policy: "preferred",
      memory: [
        { node: 0, bytes: GiB },
        { node: 1, bytes: 9 * GiB },
      ],
    },
    {
      policy: "preferred",
      memory: [
        { node: 2, bytes: GiB },
        { node: 3, bytes: 9 * GiB },
      ],
    },
  );
  expect(own && memoryBinding(own)).toEqual({ memoryPolicy: "preferred", memoryNodes: "0" });
  expect(away && memoryBinding(away)).toEqual({ memoryPolicy: "preferred", memoryNodes: "3" });
});

test("bound and interleaved cells name all their nodes", () => {
  const memory = [
    { node: 0, bytes: GiB },
    { node: 1, bytes: GiB },
  ];
  const cells = cellsOf({ policy: "interleave", memory }, {});
  expect(cells.map(memoryBinding)).toEqual([
    { memoryPolicy: "interleave", memoryNodes: "0-1" },
    { memoryPolicy: "strict", memoryNodes: "1" },
  ]);
  expect(allMemoryNodes(cells)).toBe("0-1");
});
