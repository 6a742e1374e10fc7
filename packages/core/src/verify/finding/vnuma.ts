import type { ShapeCell, ShapeEvidence } from "../../evidence/evidence.ts";
import { guestDistances } from "../../guest/distances.ts";
import { qemu72 } from "../../guest/limits.ts";
import { guestMemory } from "../../guest/memory.ts";
import type { Plan } from "../../plan/plan.ts";
import { restartFromPlan } from "../../remedy/remedy.ts";
import { indexSet } from "../../set/index-set.ts";
import { formatList } from "../../set/list-format.ts";
import { at } from "../../unit/list.ts";
import { type Check, found, holds, type Outcome, together, unknownCost } from "../verdict/check.ts";
import { overShapes } from "./shapes.ts";

/** A guest's node as the plan promises it. */
interface PromisedCell {
  readonly id: number;
  readonly cpus: string;
  readonly memoryBytes: number;
  readonly distances: readonly number[] | null;
}

function promisedCells(plan: Plan): readonly PromisedCell[] {
  const sizes = guestMemory(plan.cells, qemu72.memoryGranuleBytes, () => {});
  const distances = guestDistances(plan, () => {});
  return plan.cells.map(({ id, vcpus }, i) => ({
    id,
    cpus: formatList(indexSet(vcpus.map((vcpu) => vcpu.id))),
    memoryBytes: at(sizes, i),
    distances: distances === null ? null : at(distances, i),
  }));
}

/**
 * The guest's nodes: that there are some, with the vCPUs, the memory and the distances of the
 * cells.
 */
export const vnuma: Check = ({ plan, evidence }) => {
  const promised = promisedCells(plan);
  return together([
    overShapes(evidence, "the guest's nodes", "cells", (shape) =>
      cellsOutcome(shape, plan, promised),
    ),
    // Distances between no nodes are a part of the same finding.
    ...(promised.length > 1 && promised[0]?.distances !== null
      ? [
          overShapes(evidence, "the guest's distances", "cells", (shape) =>
            distancesOutcome(shape, promised),
          ),
        ]
      : []),
  ]);
};

function cellsOutcome(
  { cells, where }: ShapeEvidence,
  plan: Plan,
  promised: readonly PromisedCell[],
): Outcome | null {
  if (cells === null) return null;
  const common = {
    layer: "hypervisor",
    evidence: [where],
    cost: unknownCost,
    remedy: restartFromPlan,
  } as const;
  if (cells.length === 0) {
    return found({
      ...common,
      code: "vnuma-missing",
      // A guest of one node and no device sees the same with and without.
      severity: promised.length > 1 || plan.devices.length > 0 ? "error" : "info",
      subject: "the guest's nodes",
      promised: `${promised.length} ${promised.length === 1 ? "node" : "nodes"}`,
      found: "none, so the guest takes all memory to be equally near",
    });
  }
  const outcomes = promised.flatMap((cell): Outcome[] => {
    const own = cells.find(({ id }) => id === cell.id);
    const differences = own === undefined ? ["no such node"] : differencesOf(own, cell);
    if (differences.length === 0) return [];
    return [
      found({
        ...common,
        code: "vnuma-cells",
        severity: "error",
        subject: `guest node ${cell.id}`,
        promised: `vCPUs ${cell.cpus}, ${cell.memoryBytes} bytes`,
        found: differences.join("; "),
      }),
    ];
  });
  const strangers = cells.filter(({ id }) => !promised.some((cell) => cell.id === id));
  if (strangers.length > 0) {
    outcomes.push(
      found({
        ...common,
        code: "vnuma-cells",
        severity: "error",
        subject: "the guest's nodes",
        promised: `${promised.length} nodes`,
        found: `nodes ${strangers.map(({ id }) => id).join(", ")} as well`,
      }),
    );
  }
  return outcomes.length > 0
    ? together(outcomes)
    : holds("the guest's nodes", `${cells.length}, as planned`);
}

function differencesOf(
  own: Pick<ShapeCell, "cpus" | "memoryBytes">,
  promised: PromisedCell,
): string[] {
  return [
    ...(own.cpus === promised.cpus ? [] : [`vCPUs ${own.cpus === "" ? "none" : own.cpus}`]),
    ...(own.memoryBytes === null || own.memoryBytes === promised.memoryBytes
      ? []
      : [`${own.memoryBytes} bytes`]),
  ];
}

function distancesOutcome(
  { source, cells, where }: ShapeEvidence,
  promised: readonly PromisedCell[],
): Outcome | null {
  // The monitor tells nodes and no distances.
  if (cells === null || source === "monitor") return null;
  if (cells.length === 0) return together([]);
  const rows = (of: readonly Pick<ShapeCell, "id" | "distances">[]): string =>
    of.map(({ distances }) => distances?.join(" ") ?? "none").join(" / ");
  const wanted = rows(promised);
  const had = rows(
    promised.map(({ id }) => cells.find((cell) => cell.id === id) ?? { id, distances: null }),
  );
  if (had === wanted) return holds("the guest's distances", wanted);
  const none = cells.every(({ distances }) => distances === null);
  return found({
    code: "vnuma-distances",
    severity: "error",
    layer: "hypervisor",
    subject: "the guest's distances",
    promised: wanted,
    found: none ? "none, so the guest counts 10 to itself and 20 to any other node" : had,
    evidence: [where],
    cost: unknownCost,
    remedy: restartFromPlan,
  });
}
