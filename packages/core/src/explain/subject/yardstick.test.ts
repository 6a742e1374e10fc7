import { expect, test } from "vitest";
import { cleanVm } from "../../../testing/explain/clean.ts";
import { mapping, onTopology } from "../../../testing/explain/program.ts";
import type { Evidence } from "../../evidence/evidence.ts";
import { GiB } from "../../unit/bytes.ts";
import { subjectOf } from "./subject.ts";

/** A VM with some of the 32 huge pages of node 0, and what is left of them. */
function having(pages: number): Evidence {
  const vm = cleanVm(0);
  const large: Evidence = {
    ...vm,
    memory: (vm.memory ?? []).map((one) => ({
      ...one,
      bytes: pages * GiB,
      onNodes: [{ node: 0, bytes: pages * GiB }],
    })),
    shapes: vm.shapes.map((shape) => ({
      ...shape,
      cells: (shape.cells ?? []).map((cell) => ({ ...cell, memoryBytes: pages * GiB })),
    })),
  };
  return onTopology(large, ({ nodes }) => ({
    nodes: nodes.map((node) => ({
      ...node,
      hugepages: (node.hugepages ?? []).map((pool) => ({
        ...pool,
        free: node.id === 0 ? pool.total - pages : pool.total,
      })),
    })),
  }));
}

test.each([12, 20, 32])("a VM that has %i of its node's 32 huge pages belongs there", (pages) => {
  const { home } = subjectOf(having(pages));
  expect(home?.yardstick).toEqual({ cells: new Set([0]), memory: new Set([0]) });
  expect([...(home?.nodes ?? [])]).toEqual([0]);
});

test("files in the page cache are no part of what a VM asks for", () => {
  const vm = having(12);
  const shapes = vm.shapes.map((shape) => ({ ...shape, cells: [] }));
  const memory = [...(vm.memory ?? []), mapping({ kind: "file", bytes: 200 * GiB })];
  const { home } = subjectOf({ ...vm, shapes, memory });
  expect(home?.yardstick).toEqual({ cells: new Set([0]), memory: new Set([0]) });
});
