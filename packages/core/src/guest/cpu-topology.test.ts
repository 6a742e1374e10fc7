import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cpuTopology } from "./cpu-topology.ts";
import { generatedPlans } from "../../testing/guest/generated-plans.ts";
import { planOf } from "../../testing/guest/plan-of.ts";

function told(cores: readonly number[], threadsPerCore: number): string {
  const notes: string[] = [];
  const plan = planOf({ threadsPerCore, cells: cores.map((count) => ({ cores: count })) });
  const cpu = cpuTopology(plan, (text) => void notes.push(text));
  const shape = `${cpu.sockets}×${cpu.coresPerSocket}×${cpu.threadsPerCore}`;
  return [shape, ...notes].join(" | ");
}

test("equal cells are sockets", () => {
  expect(told([12, 12], 2)).toBe("2×12×2");
  expect(told([7], 1)).toBe("1×7×1");
  expect(told([1, 1, 1, 1], 2)).toBe("4×1×2");
});

test("a cell of several times the smallest is several sockets", () => {
  expect(told([16, 8, 8], 2)).toBe("4×8×2");
});

test("cells that are no multiples share one socket, and the guest says so", () => {
  expect(told([13, 12], 2)).toMatchInlineSnapshot(
    `"1×25×2 | cells of 13, 12 cores are no multiples of the smallest, so the guest sees one socket of 25 cores that holds 2 nodes"`,
  );
});

test("a cell that ends inside a core shows every vCPU as a core", () => {
  const plan = planOf({ threadsPerCore: 1, cells: [{ cores: 3 }, { cores: 3 }] });
  const cpu = cpuTopology({ ...plan, threadsPerCore: 2 }, () => {});
  expect(cpu).toEqual({ sockets: 2, coresPerSocket: 3, threadsPerCore: 1 });
});

test("a core lies in one cell, and a socket too unless there is but one", () => {
  fc.assert(
    fc.property(generatedPlans, (plan) => {
      const { sockets, coresPerSocket, threadsPerCore } = cpuTopology(plan, () => {});
      const cellOf = plan.cells.flatMap((cell) => cell.vcpus.map(() => cell.id));
      expect(sockets * coresPerSocket * threadsPerCore).toBe(cellOf.length);
      const cellsOf = (size: number): number[] =>
        [...Map.groupBy(cellOf.keys(), (vcpu) => Math.floor(vcpu / size)).values()].map(
          (vcpus) => new Set(vcpus.map((vcpu) => cellOf[vcpu])).size,
        );
      expect(new Set(cellsOf(threadsPerCore))).toEqual(new Set([1]));
      if (sockets > 1) {
        expect(new Set(cellsOf(coresPerSocket * threadsPerCore))).toEqual(new Set([1]));
      }
    }),
  );
});
