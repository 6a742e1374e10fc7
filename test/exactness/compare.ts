import { costModel } from "@evenkeel/core/cost/placement-cost.ts";
import { invariant } from "@evenkeel/core/invariant.ts";
import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import { place } from "@evenkeel/core/fleet/place.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { keptCpus } from "@evenkeel/core/plan/check/kept-cpus.ts";
import { planFaults } from "@evenkeel/core/plan/check/plan-check.ts";
import { fasterClasses, type Objective } from "@evenkeel/core/placement/layout/layout.ts";
import { search, type SearchResult } from "@evenkeel/core/placement/search/search.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { indices } from "@evenkeel/core/set/index-set.ts";
import { formatList, setOf } from "@evenkeel/core/set/list-format.ts";
import { coreClassesOf } from "@evenkeel/core/topology/core-classes.ts";
import { at, valueOf } from "@evenkeel/core/unit/list.ts";
import type { StrayingBound } from "./straying.ts";
import type { Optimum } from "./optimum.ts";
import type { LinearProgram } from "./linear-program.ts";
import { programmed } from "./oracle.ts";
import { sum, sumOf } from "@evenkeel/core/unit/sum.ts";

/** The outcome of one case. */
export interface Outcome {
  /** `refused`, `strict`, `interleave` or `straying`, with a note where the oracle is not exact. */
  readonly kind: string;
  /** What the integer program or the plan checker finds wrong. */
  readonly mismatch: string | null;
}

/** Costs are sums of products: a smaller difference is rounding. */
const roundingMax = 1e-8;

/** Places a request, and compares the answer with the integer program and the plan checker. */
export function compare(
  newProgram: () => LinearProgram,
  host: HostState,
  request: Request,
): Outcome {
  const answer = search(host, request);
  const found = answer?.best.objective ?? null;
  const optimum = programmed(newProgram, host, request);
  const plan = place([host], request);
  const both = `search ${JSON.stringify(found)}, program ${JSON.stringify(optimum)}`;
  if ((found === null) !== (plan.kind === "Refusal")) {
    return { kind: "refused", mismatch: `place says ${plan.kind}: ${both}` };
  }
  if (found === null || optimum === null || plan.kind === "Refusal") {
    return { kind: "refused", mismatch: found === optimum ? null : `fits or not: ${both}` };
  }
  const wrong = planFaults(plan, host, request).map((fault) => `${fault.subject} ${fault.message}`);
  if (answer?.exhaustive === false) wrong.push("the search ended before it was certain");
  const worth = worthOf(plan, host, request);
  const differs = (field: keyof typeof worth): boolean =>
    Math.abs(worth[field] - found[field]) > roundingMax;
  if (
    differs("cells") ||
    differs("cost") ||
    differs("unrequestedDevices") ||
    differs("nodeDistanceSum")
  ) {
    wrong.push(`the plan is worth ${JSON.stringify(worth)}`);
  }
  if (optimum.cells !== found.cells) wrong.push("other cells");
  if ("costAtLeast" in optimum) {
    const { costAtMost } = optimum;
    // Cores of one class may stray farther and leave the memory nearer.
    const costAtLeast = leastStraying(newProgram, host, request, optimum);
    if (found.cost < costAtLeast - 1e-6) wrong.push("costs less than possible");
    if (costAtMost !== null && found.cost > costAtMost + 1e-6) {
      wrong.push("strays farther than need be");
    }
    const isExact = costAtMost !== null && costAtMost - costAtLeast < 1e-6;
    const kind = isExact ? "straying" : "straying with cores";
    const isAbove = found.cost > costAtLeast + 1e-6;
    return {
      kind: isAbove ? `${kind}, above the bound` : kind,
      mismatch: mismatchText(wrong, both),
    };
  }
  if (Math.abs(optimum.cost - found.cost) > (optimum.tellsTies ? roundingMax : 1e-6)) {
    wrong.push("other cost");
  } else if (optimum.tellsTies) {
    for (const field of ["unrequestedDevices", "unevenCells", "nodeDistanceSum"] as const) {
      if (optimum[field] !== found[field]) wrong.push(`other ${field}`);
    }
    wrong.push(...wrongClasses(newProgram, host, request, optimum, plan, answer));
  }
  const strict = request.locality === "interleave" ? "interleave" : "strict";
  const kind = optimum.tellsTies ? strict : `${strict}, ties unknown`;
  return { kind, mismatch: mismatchText(wrong, both) };
}

/**
 * What is wrong with the classes of a plan's cores. The program knows none: it is asked again on
 * the host with the cores of one class alone. Where it is as good there, the plan's cores must be
 * of one such class; with accelerators, where no other tie comes before, the search's of the
 * fastest.
 */
function wrongClasses(
  newProgram: () => LinearProgram,
  host: HostState,
  request: Request,
  optimum: Optimum,
  plan: Plan,
  answer: SearchResult | null,
): string[] {
  const { cores } = host.topology;
  const classes = coreClassesOf(cores);
  if (classes.length < 2 || request.isolation === "shared") return [];
  const possible = classes.filter((only) => {
    const alone = programmed(newProgram, onlyOfClass(host, only), request);
    return (
      alone !== null &&
      alone.cells === optimum.cells &&
      "tellsTies" in alone &&
      alone.tellsTies &&
      Math.abs(alone.cost - optimum.cost) <= roundingMax &&
      (["unrequestedDevices", "unevenCells", "nodeDistanceSum"] as const).every(
        (field) => alone[field] === optimum[field],
      )
    );
  });
  if (possible.length === 0) return [];
  const pinned = new Set(
    plan.cells.flatMap(({ vcpus }) => vcpus.flatMap((v) => ("cpu" in v ? [v.cpu] : []))),
  );
  const used = cores.filter((core) => indices(setOf(core.cpus)).some((cpu) => pinned.has(cpu)));
  const own = new Set(used.map((core) => core.class));
  const [only] = own;
  if (own.size > 1 || only === undefined) return ["mixes classes of cores"];
  if (!possible.includes(only)) return [`cores of class ${only}, which cannot be as good`];
  // What a place costs the future, which the plan is chosen by too, comes before the class.
  const found = answer === null ? only : classes[fasterClasses(answer.best)];
  const isSlow = request.accelerators.count > 0 && found !== possible[0];
  return isSlow ? [`found class ${found}, and ${possible[0]} is faster and as good`] : [];
}

/** The least cost of a straying placement, with all cores or with those of one class alone. */
function leastStraying(
  newProgram: () => LinearProgram,
  host: HostState,
  request: Request,
  { cells, costAtLeast }: StrayingBound,
): number {
  const classes = coreClassesOf(host.topology.cores);
  if (classes.length < 2) return costAtLeast;
  const alone = classes.map((only) => programmed(newProgram, onlyOfClass(host, only), request));
  return alone.reduce((least, one) => {
    const isAlike = one !== null && "costAtLeast" in one && one.cells === cells;
    return isAlike ? Math.min(least, one.costAtLeast) : least;
  }, costAtLeast);
}

/** The host with all cores but those of one class kept for itself. */
function onlyOfClass(host: HostState, only: number | null): HostState {
  const { topology, policy } = host;
  const { reserved } = policy;
  const others = topology.cores.filter((core) => core.class !== only);
  const kept = formatList(keptCpus(topology, policy));
  const cpus = formatList(setOf([kept, ...others.map((core) => core.cpus)].join(",")));
  return { ...host, policy: { ...policy, reserved: { ...reserved, cpus } } };
}

function mismatchText(wrong: readonly string[], both: string): string | null {
  return wrong.length === 0 ? null : `${wrong.join("; ")}: ${both}`;
}

/** The objective of a plan, computed from the plan itself. */
function worthOf(
  plan: Plan,
  host: HostState,
  request: Request,
): Omit<Objective, "unevenCells" | "mixedClasses"> {
  const { partitions } = host.policy;
  const topology = partitions === null ? host.topology : { ...host.topology, partitions };
  const memory = sumOf(plan.cells, (cell) => cell.memoryBytes);
  const coreOf = new Map(
    topology.cores.flatMap((core) => indices(setOf(core.cpus)).map((cpu) => [cpu, core] as const)),
  );
  const devices = (kind: "accelerator" | "nic"): Plan["devices"] =>
    plan.devices.filter((device) => device.kind === kind);
  const raw = costModel(topology, request.workload).cost({
    cells: plan.cells.map((cell) => {
      // Whole cores count equally, even one with an idle thread.
      const cores = new Map(
        cell.vcpus.map((v) => {
          const core = valueOf(coreOf, "cpu" in v ? v.cpu : at(indices(setOf(v.cpus)), 0));
          return ["cpu" in v ? `core ${core.id}` : `vCPU ${v.id}`, core.node] as const;
        }),
      );
      const nodes = Map.groupBy(cores.values(), (node) => node);
      return {
        share: cell.memoryBytes / memory,
        vcpuNodes: [...nodes].map(([node, all]) => {
          invariant(node !== null, "a sold core is on a node");
          return { node, share: all.length / cores.size };
        }),
        memoryNodes: cell.memoryOnNodes.map(({ node, bytes }) => {
          return { node, share: bytes / cell.memoryBytes };
        }),
      };
    }),
    accelerators: devices("accelerator"),
    nics: devices("nic").map(({ address }) => address),
  });
  const sold = new Set([...topology.accelerators, ...topology.nics].map((d) => d.address));
  const along = plan.devices.flatMap((device) => device.companions);
  const places = plan.cells.map((c) => topology.nodes.findIndex(({ id }) => id === c.hostNode));
  const { distances } = topology;
  const distance = (i: number, j: number): number =>
    i === j || distances === null ? 0 : at(at(distances, i), j);
  return {
    cells: plan.cells.length,
    cost: raw.total,
    unrequestedDevices: along.filter((address) => sold.has(address)).length,
    nodeDistanceSum: sum(places.flatMap((i) => places.map((j) => distance(i, j)))),
  };
}
