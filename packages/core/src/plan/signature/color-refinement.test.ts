import * as fc from "fast-check";
import { expect, test } from "vitest";
import { read } from "../../unit/vector.ts";
import {
  cellStarts,
  copyOf,
  individualize,
  pairCodes,
  type Partition,
  partitionByColor,
  refine,
} from "./color-refinement.ts";

interface Colored {
  readonly colors: readonly number[];
  readonly labels: readonly number[];
}

const colored: fc.Arbitrary<Colored> = fc.integer({ min: 1, max: 9 }).chain((size) => {
  const some = (max: number, length: number): fc.Arbitrary<number[]> =>
    fc.array(fc.nat({ max }), { minLength: length, maxLength: length });
  return fc.record({ colors: some(1, size), labels: some(2, size * size) });
});

/** The definition: colors are refined by the colors of neighbors until none is split. */
function refinedByDefinition({ colors, labels }: Colored): string[] {
  const size = colors.length;
  let now = colors.map(String);
  for (;;) {
    const seen = now.map((color, a) => {
      const others = now.map((other, b) =>
        [labels[a * size + b], labels[b * size + a], other].join(),
      );
      return [color, ...others.toSorted()].join(" ");
    });
    const names = [...new Set(seen)].toSorted();
    const next = seen.map((text) => String(names.indexOf(text)));
    if (new Set(next).size === new Set(now).size) return next;
    now = next;
  }
}

/** The sets of vertices, without the numbers of cells. */
function grouping(cellOf: ArrayLike<number | string>): string {
  const list = Array.from(cellOf);
  return list.map((cell) => list.indexOf(cell)).join();
}

function expectSound(partition: Partition): void {
  const starts = cellStarts(partition);
  expect(partition.cells).toBe(starts.length);
  expect([...partition.vertices].toSorted((a, b) => a - b)).toEqual([...partition.vertices.keys()]);
  for (const start of starts) {
    const cell = partition.vertices.slice(start, start + read(partition.length, start));
    for (const vertex of cell) expect(partition.cellOf[vertex]).toBe(start);
  }
}

function matrixOf({ colors, labels }: Colored): Parameters<typeof pairCodes>[0] {
  const size = colors.length;
  return {
    size,
    labels: Int32Array.from(labels, (label, at) => (at % (size + 1) === 0 ? 0 : label)),
  };
}

test("the cells are those of the definition of color refinement", () => {
  fc.assert(
    fc.property(colored, (graph) => {
      const matrix = matrixOf(graph);
      const partition = partitionByColor(graph.colors);
      refine(pairCodes(matrix), partition, cellStarts(partition));
      expectSound(partition);
      const expected = refinedByDefinition({ colors: graph.colors, labels: [...matrix.labels] });
      expect(grouping(partition.cellOf)).toBe(grouping(expected));
    }),
    { numRuns: 2000 },
  );
});

test("individualizing a vertex and refining equals refining with a color of its own", () => {
  fc.assert(
    fc.property(colored, fc.nat(), (graph, choice) => {
      const matrix = matrixOf(graph);
      const vertex = choice % matrix.size;
      const partition = partitionByColor(graph.colors);
      refine(pairCodes(matrix), partition, cellStarts(partition));
      const before = structuredClone(partition);
      const branch = copyOf(partition);
      refine(pairCodes(matrix), branch, [individualize(branch, vertex)]);
      expectSound(branch);
      expect(partition).toEqual(before);
      const colors = graph.colors.map((color, at) => (at === vertex ? 9 : color));
      const expected = refinedByDefinition({ colors, labels: [...matrix.labels] });
      expect(grouping(branch.cellOf)).toBe(grouping(expected));
    }),
    { numRuns: 2000 },
  );
});
