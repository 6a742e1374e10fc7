import { has } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { formatBytes } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import { countOf } from "../../unit/tally.ts";
import { bytesByNode, type CellMemory, cellMemory, whyUnseen } from "./cell-memory.ts";
import {
  type Check,
  found,
  holds,
  type Outcome,
  percent,
  type Sides,
  together,
  unknownCost,
  untold,
  whyNot,
} from "../verdict/check.ts";
import type { FindingCost } from "../verdict/verdict.ts";

/**
 * Where the pages of each cell lie, from the sums by node that numa_maps gives of each mapping.
 *
 * What lies outside the cell's nodes is an error to the byte, and so is what is not there: the plan
 * has all memory allocated before the guest runs, and a page that does not exist can still come to
 * exist anywhere. Within the nodes of a cell that prefers one or interleaves, the kernel's spread is
 * compared with the planned one to a twentieth of the cell: more is chance.
 *
 * The cost is that share of the memory's cost on the path from the cell's node, where the host's
 * topology is at hand.
 */
export const memoryPlacement: Check = (sides) => {
  const cells = cellMemory(sides.plan, sides.evidence);
  if (cells === null) {
    const why = whyNot(sides.evidence, "memory");
    return together(sides.plan.cells.map(({ id }) => untold(`memory of cell ${id}`, why)));
  }
  return together([unattributed(sides), ...cells.map((of) => cellPlacement(of, sides))]);
};

function cellPlacement(of: CellMemory, sides: Sides): Outcome {
  const { cell, promisedBytes, mappings } = of;
  const allowed = setOf(cell.memoryNodes);
  const byNode = bytesByNode(mappings);
  const off = [...byNode].filter(([node, bytes]) => bytes > 0 && !has(allowed, node));
  const there = [...byNode.values()].reduce((sum, bytes) => sum + bytes, 0);
  const unseen = whyUnseen(of);
  const missing = unseen === null ? promisedBytes - there : 0;
  const subject = `cell ${cell.id}`;
  const what = `memory of ${subject}`;
  const outcomes: Outcome[] = [];
  if (unseen !== null) outcomes.push(untold(what, unseen));
  if (off.length > 0) outcomes.push(offNode(of, off, sides));
  if (missing > 0) outcomes.push(unallocated(of, missing));
  if (outcomes.length > 0) return together(outcomes);
  const text = [...byNode].map(([node, bytes]) => `${formatBytes(bytes)} on node ${node}`);
  return together([split(of, byNode), holds(what, text.join(", "))]);
}

function offNode(
  { cell, promisedBytes, mappings }: CellMemory,
  off: readonly (readonly [node: number, bytes: number])[],
  { plan, evidence, paths }: Sides,
): Outcome {
  const nodes = new Set(off.map(([node]) => node));
  const total = off.reduce((sum, [, bytes]) => sum + bytes, 0);
  const lines = mappings.filter(({ onNodes }) => onNodes.some(({ node }) => nodes.has(node)));
  const sum = off.map(
    ([node, bytes]) =>
      `${percent(bytes, promisedBytes)} of ${formatBytes(promisedBytes)} on node ${node} (${bytes} bytes)`,
  );
  const cost = paths === null ? unknownCost : costOf(cell.hostNode, off, promisedBytes, paths);
  const others = plan.cells.filter(({ id }) => id !== cell.id);
  const shared = others.some(({ memoryNodes }) =>
    [...nodes].some((node) => has(setOf(memoryNodes), node)),
  );
  const pid = evidence.process?.pid ?? "PID";
  const target = cell.memoryNodes.split(/[,-]/)[0] ?? `${cell.hostNode}`;
  const pinned =
    plan.devices.length > 0
      ? "; pages that a device has pinned do not move: then stop the VM and start it again from its plan"
      : "";
  return found({
    code: "memory-off-node",
    severity: "error",
    layer: "hypervisor",
    subject: `cell ${cell.id}`,
    promised: `all ${formatBytes(promisedBytes)} (${promisedBytes} bytes) on node ${cell.memoryNodes}; ${formatBytes(total)} is not`,
    found: sum.join(", "),
    evidence: lines.slice(0, 8).map(({ where, line }) => `${where}: ${line}`),
    cost,
    // migratepages moves what is on a node, whichever cell it is of.
    remedy: shared
      ? "stop the VM and start it again from its plan: other cells lie on that node, and migratepages would move them too"
      : `migratepages ${pid} ${[...nodes].join(",")} ${target}${pinned}`,
  });
}

function costOf(
  home: number,
  off: readonly (readonly [node: number, bytes: number])[],
  promisedBytes: number,
  paths: NonNullable<Sides["paths"]>,
): FindingCost {
  const parts = off.map(([node, bytes]) => ({ path: paths.relative(home, node), bytes }));
  if (parts.some(({ path }) => path.basis === "unknown")) return unknownCost;
  const added = parts.reduce(
    (sum, { path, bytes }) => sum + (path.relative - 1) * (bytes / promisedBytes),
    0,
  );
  const measured = parts.every(({ path }) => path.basis === "measured");
  return { slowdown: 1 + added, basis: measured ? "measured" : "modelled" };
}

function unallocated({ cell, promisedBytes, mappings }: CellMemory, missing: number): Outcome {
  return found({
    code: "memory-unallocated",
    severity: "error",
    layer: "hypervisor",
    subject: `cell ${cell.id}`,
    promised: `${formatBytes(promisedBytes)} allocated before the guest runs`,
    found: `${percent(missing, promisedBytes)} of it has no page (${missing} bytes)`,
    evidence: mappings.slice(0, 8).map(({ where, line }) => `${where}: ${line}`),
    cost: unknownCost,
    remedy:
      'start the VM with its memory allocated: <allocation mode="immediate"/> for libvirt, prealloc=on for QEMU; if it had all, something took pages from it (swap, a balloon)',
  });
}

/** The share of a cell that chance may move between its nodes. */
const SPLIT_TOLERANCE = 0.05;

function split({ cell, promisedBytes }: CellMemory, byNode: ReadonlyMap<number, number>): Outcome {
  const planned = cell.memoryOnNodes.map(({ node, bytes }) => ({
    node,
    bytes: (bytes / cell.memoryBytes) * promisedBytes,
  }));
  const grain = 2 * Math.max(cell.pageBytes, qemuGranule);
  const slack = Math.max(SPLIT_TOLERANCE * promisedBytes, grain);
  const short = planned.filter(({ node, bytes }) => bytes - countOf(byNode, node) > slack);
  if (short.length === 0) return together([]);
  const words = (parts: Iterable<readonly [number, number]>): string =>
    Array.from(parts, ([node, bytes]) => `${percent(bytes, promisedBytes)} on node ${node}`).join(
      ", ",
    );
  return found({
    code: "memory-split",
    severity: "warning",
    layer: "hypervisor",
    subject: `cell ${cell.id}`,
    promised: words(planned.map(({ node, bytes }) => [node, bytes] as const)),
    found: words(byNode),
    evidence: [],
    cost: unknownCost,
    remedy: "free memory on the node that is short, then stop the VM and start it again",
  });
}

const qemuGranule = 1024 * 1024;

/** Guest memory that no cell could be told of is at least on nodes of the plan, or it is not. */
function unattributed({ plan, evidence }: Sides): Outcome {
  const loose = (evidence.memory ?? []).filter(
    ({ cell }) => cell === null || !plan.cells.some(({ id }) => id === cell),
  );
  if (loose.length === 0) return together([]);
  const nodes = plan.cells.map(({ memoryNodes }) => memoryNodes);
  const total = loose.reduce((sum, { bytes }) => sum + bytes, 0);
  const off = [...bytesByNode(loose)].filter(
    ([node, bytes]) => bytes > 0 && !nodes.some((list) => has(setOf(list), node)),
  );
  const why = `${formatBytes(total)} of guest memory could not be told to be any cell's`;
  if (off.length === 0) return untold("which memory is which cell's", why);
  return found({
    code: "memory-off-node",
    severity: "error",
    layer: "hypervisor",
    subject: "guest memory",
    promised: `on nodes ${nodes.join(", ")}`,
    found: off
      .map(([node, bytes]) => `${percent(bytes, total)} on node ${node} (${bytes} bytes)`)
      .join(", "),
    evidence: loose.slice(0, 8).map(({ where, line }) => `${where}: ${line}`),
    cost: unknownCost,
    remedy: `migratepages ${evidence.process?.pid ?? "PID"} ${off.map(([node]) => node).join(",")} ${at(plan.cells, 0).hostNode}`,
  });
}
