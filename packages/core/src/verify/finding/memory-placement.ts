import { advice, type Remedy, restartFromPlan } from "../../remedy/remedy.ts";
import type { Evidence } from "../../evidence/evidence.ts";
import type { Plan } from "../../plan/plan.ts";
import { has, indices } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { formatBytes } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import { sum, sumOf } from "../../unit/sum.ts";
import { countOf } from "../../unit/tally.ts";
import { bytesByNode, type CellMemory, cellMemory, whyUnseen } from "./cell-memory.ts";
import {
  type Check,
  found,
  holds,
  type Outcome,
  percent,
  type CheckInput,
  together,
  unknownCost,
  essentialUnverified,
  whyNot,
} from "../verdict/check.ts";
import type { FindingCost } from "../verdict/verdict.ts";

/**
 * The nodes that each cell's pages lie on, from numa_maps' sums by node of each mapping.
 *
 * Every byte outside the cell's nodes is an error, and so is every byte without a page: the plan
 * has all memory allocated before the guest runs, and a missing page may still be put anywhere.
 * Within the nodes of a cell that prefers one or interleaves, the kernel's spread may differ from
 * the planned one by a twentieth of the cell, which is chance.
 *
 * The cost is the cost of the path to the other node, in proportion to the bytes there, where the
 * host's topology is at hand.
 */
export const memoryPlacement: Check = (input) => {
  const cells = cellMemory(input.plan, input.evidence);
  if (cells === null) {
    const why = whyNot(input.evidence, "memory");
    return together(
      input.plan.cells.map(({ id }) => essentialUnverified(`memory of cell ${id}`, why)),
    );
  }
  return together([unattributed(input), ...cells.map((of) => cellPlacement(of, input))]);
};

function cellPlacement(of: CellMemory, input: CheckInput): Outcome {
  const { cell, promisedBytes, mappings } = of;
  const allowed = setOf(cell.memoryNodes);
  const byNode = bytesByNode(mappings);
  const off = [...byNode].filter(([node, bytes]) => bytes > 0 && !has(allowed, node));
  const there = sum(byNode.values());
  const unseen = whyUnseen(of);
  const missing = unseen === null ? promisedBytes - there : 0;
  const subject = `cell ${cell.id}`;
  const what = `memory of ${subject}`;
  const outcomes: Outcome[] = [];
  if (unseen !== null) outcomes.push(essentialUnverified(what, unseen));
  if (off.length > 0) outcomes.push(offNode(of, off, input));
  if (missing > 0) outcomes.push(unallocated(of, missing));
  if (outcomes.length > 0) return together(outcomes);
  const text = [...byNode].map(([node, bytes]) => `${formatBytes(bytes)} on node ${node}`);
  return together([split(of, byNode), holds(what, text.join(", "))]);
}

function offNode(
  { cell, promisedBytes, mappings }: CellMemory,
  off: readonly (readonly [node: number, bytes: number])[],
  { plan, evidence, paths }: CheckInput,
): Outcome {
  const nodes = new Set(off.map(([node]) => node));
  const total = sumOf(off, ([, bytes]) => bytes);
  const lines = mappings.filter(({ onNodes }) => onNodes.some(({ node }) => nodes.has(node)));
  const shares = off.map(
    ([node, bytes]) => `${percent(bytes, promisedBytes)} on node ${node} (${bytes} bytes)`,
  );
  const cost = paths === null ? unknownCost : costOf(cell.hostNode, off, promisedBytes, paths);
  const others = plan.cells.filter(({ id }) => id !== cell.id);
  const shared = others.some(({ memoryNodes }) =>
    [...nodes].some((node) => has(setOf(memoryNodes), node)),
  );
  const [target = cell.hostNode] = indices(setOf(cell.memoryNodes));
  return found({
    code: "memory-off-node",
    severity: "error",
    layer: "hypervisor",
    subject: `cell ${cell.id}`,
    promised: `all ${formatBytes(promisedBytes)} (${promisedBytes} bytes) on node ${cell.memoryNodes}`,
    found: `${formatBytes(total)} elsewhere: ${shares.join(", ")}`,
    evidence: lines.slice(0, 8).map(({ where, line }) => `${where}: ${line}`),
    cost,
    // migratepages moves all of a process that lies on a node, also the memory of other cells.
    remedy: shared ? restartFromPlan : migrated([...nodes], target, plan, evidence),
  });
}

/**
 * Moves pages while the VM runs. VFIO pins the memory of a VM that has a device, and pinned pages
 * do not move; so that is offered only where QEMU is known to have none. There is no undo: it would
 * move what lay on the target before as well.
 */
function migrated(from: readonly number[], to: number, plan: Plan, evidence: Evidence): Remedy {
  const { pid = null, vfioFiles = null } = evidence.process ?? {};
  if (pid === null || vfioFiles === null || vfioFiles.length > 0 || plan.devices.length > 0) {
    return restartFromPlan;
  }
  const nodes = from.join(",");
  return {
    text: `Move the VM's pages from node${from.length === 1 ? "" : "s"} ${nodes} to node ${to}.`,
    argv: [["migratepages", `${pid}`, nodes, `${to}`]],
    when: "live",
    undo: null,
  };
}

function costOf(
  home: number,
  off: readonly (readonly [node: number, bytes: number])[],
  promisedBytes: number,
  paths: NonNullable<CheckInput["paths"]>,
): FindingCost {
  const parts = off.map(([node, bytes]) => ({ path: paths.relative(home, node), bytes }));
  if (parts.some(({ path }) => path.basis === "unknown")) return unknownCost;
  const added = parts.reduce(
    (all, { path, bytes }) => all + (path.relative - 1) * (bytes / promisedBytes),
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
    remedy: advice(
      "restart",
      'Start the VM with its memory allocated: <allocation mode="immediate"/> in libvirt, prealloc=on in QEMU. If it was, swap or a balloon took pages since.',
    ),
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
    remedy: advice(
      "restart",
      `Free memory on node ${short.map(({ node }) => node).join(", ")}, then stop the VM and start it again from its plan.`,
    ),
  });
}

const qemuGranule = 1024 * 1024;

/** Guest memory whose cell is unknown: it is at least on nodes of the plan, or it is not. */
function unattributed({ plan, evidence }: CheckInput): Outcome {
  const loose = (evidence.memory ?? []).filter(
    ({ cell }) => cell === null || !plan.cells.some(({ id }) => id === cell),
  );
  if (loose.length === 0) return together([]);
  const nodes = plan.cells.map(({ memoryNodes }) => memoryNodes);
  const total = sumOf(loose, ({ bytes }) => bytes);
  const off = [...bytesByNode(loose)].filter(
    ([node, bytes]) => bytes > 0 && !nodes.some((list) => has(setOf(list), node)),
  );
  const why = `${formatBytes(total)} of guest memory belong to an unknown cell`;
  if (off.length === 0) return essentialUnverified("which memory is which cell's", why);
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
    // With several cells nobody can tell to which of them the pages belong.
    remedy:
      plan.cells.length > 1
        ? restartFromPlan
        : migrated(
            off.map(([node]) => node),
            at(plan.cells, 0).hostNode,
            plan,
            evidence,
          ),
  });
}
