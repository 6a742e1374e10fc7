import { createRequire } from "node:module";
import type { Highs } from "highs";
import { createFleet, type Fleet } from "@evenkeel/core/fleet/fleet.ts";
import { inventoryOf } from "@evenkeel/core/placement/inventory/inventory.ts";
import { emptyOccupancy, type Use } from "@evenkeel/core/placement/occupancy/occupancy.ts";
import { layoutSignature } from "@evenkeel/core/placement/layout/layout-signature.ts";
import { demandOf } from "@evenkeel/core/placement/host-class/demand.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { randomFor } from "@evenkeel/simulate/random.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { sum, sumOf } from "@evenkeel/core/unit/sum.ts";

/**
 * Compaction, the measure of Borg (Verma et al., EuroSys 2015): the fewest hosts that still hold
 * the VMs of a fleet. A fleet takes arrivals and departures of odd sizes for a while. Its VMs are
 * then packed anew, by an integer program to the optimum, and by the fleet itself, largest first.
 * The differences show the cost of online decisions, which no fleet without moves can avoid, and
 * the part that remains when every VM may be moved.
 */
interface Compaction {
  readonly hosts: number;
  readonly seed: number;
  readonly vms: number;
  /** Hosts with a VM on them after the arrivals and departures. */
  readonly used: number;
  /** Hosts when the same VMs are placed anew, largest first, by Evenkeel and by first fit. */
  readonly repacked: number;
  readonly firstFit: number;
  /** The fewest hosts that can hold them. */
  readonly optimum: number;
}

/** Two nodes of four GPUs, 56 sold cores and 960 pages of 1 GiB. */
const machine =
  "package:2 core:57 thread:2 memory:1000Gi hugepages:960x1Gi distances:10/21 root*4[gpu:h100-sxm]";
const node = { accelerators: 4, cores: 56, pages: 960 };

type Shape = readonly [accelerators: number, cores: number, pages: number];

/** Odd sizes, and shapes that run out of cores or memory before GPUs. */
const shapes: readonly Shape[] = [
  [1, 6, 120],
  [1, 22, 160],
  [2, 14, 440],
  [3, 21, 360],
  [4, 40, 640],
  [8, 96, 1600],
  [0, 18, 90],
  [0, 9, 300],
];

const requests = shapes.map(([count, cores, pages], i) =>
  requestOf({
    name: `shape-${i}`,
    flavor: `shape-${i}`,
    accelerators: { count, model: null, link: "any" },
    vcpus: 2 * cores,
    memoryBytes: pages * GiB,
    workload: "training",
  }),
);

export async function benchCompaction(json: boolean): Promise<string> {
  const rows = await compactions();
  if (json)
    return rows.map((row) => `${JSON.stringify({ bench: "compaction", ...row })}\n`).join("");
  const names = ["hosts", "seed", "vms", "used", "repacked", "firstFit", "optimum"] as const;
  const lines = rows.map((row) => names.map((name) => `${row[name]}`.padStart(8)).join("  "));
  const over = sumOf(rows, (row) => row.repacked - row.optimum);
  const all = sumOf(rows, (row) => row.optimum);
  const gap = `packed anew: ${over} hosts over the optimum of ${all} in all, ${((100 * over) / all).toFixed(1)} %`;
  return [names.map((name) => name.padStart(8)).join("  "), ...lines, gap, ""].join("\n");
}

async function compactions(): Promise<readonly Compaction[]> {
  const load: () => Promise<Highs> = createRequire(import.meta.url)("highs");
  const rows: Compaction[] = [];
  for (const hosts of [5, 10, 20, 40]) {
    for (const seed of [1, 2, 3]) {
      const counts = afterArrivals(hosts, seed);
      const vms = sum(counts.of);
      const optimum = fewestHosts(counts.of, await load());
      rows.push({ hosts, seed, vms, used: counts.used, ...packedAnew(hosts, counts.of), optimum });
    }
  }
  return rows;
}

const emptyHost = (() => {
  const inventory = inventoryOf(syntheticTopology(machine), defaultHostPolicy);
  return { inventory, occupancy: emptyOccupancy(inventory) };
})();

/** The requests with the signature that each has on an empty host. */
const sold = requests.map((request) => {
  const first = createFleet([{ name: "host", ...emptyHost }], []).decide(request);
  if (first === null) throw new Error(`${request.name} does not fit an empty host`);
  const { signature } = layoutSignature(first.found.space, first.found.best);
  return { ...request, signature };
});

const fleetOf = (hosts: number): Fleet =>
  createFleet(
    Array.from({ length: hosts }, (_, i) => ({ name: `host-${i}`, ...emptyHost })),
    sold.map((request) => ({ demand: demandOf(request), weight: 1 })),
  );

const usedHosts = (fleet: Fleet): number => {
  const used = fleet.hostClasses().filter(({ hostClass }) => hostClass.occupancy.vms > 0);
  return sumOf(used, ({ hosts }) => hosts.length);
};

/** Arrivals until something is refused, then departures of a third, forty times over. */
function afterArrivals(hosts: number, seed: number): { used: number; of: readonly number[] } {
  const random = randomFor(seed, "compaction");
  const fleet = fleetOf(hosts);
  let vms: { readonly shape: number; readonly host: string; readonly use: Use }[] = [];
  for (let round = 0; round < 40; round++) {
    for (;;) {
      const shape = random.below(sold.length);
      const decision = fleet.decide(at(sold, shape));
      if (decision === null) break;
      fleet.take(decision.host, decision.use);
      vms.push({ shape, host: decision.host, use: decision.use });
    }
    const [gone, stay] = partition(vms, () => random.below(3) === 0);
    for (const { host, use } of gone) fleet.release(host, use);
    vms = stay;
  }
  const of = sold.map((_, shape) => vms.filter((vm) => vm.shape === shape).length);
  return { used: usedHosts(fleet), of };
}

function partition<T>(items: readonly T[], isGone: (item: T) => boolean): [T[], T[]] {
  const gone: T[] = [];
  const stay: T[] = [];
  for (const item of items) (isGone(item) ? gone : stay).push(item);
  return [gone, stay];
}

/** Packs the VMs on an empty fleet, largest first, by Evenkeel and by first fit on nodes. */
function packedAnew(
  hosts: number,
  counts: readonly number[],
): { readonly repacked: number; readonly firstFit: number } {
  const largestFirst = sold
    .map((request, i) => ({ request, needs: at(shapes, i), count: at(counts, i) }))
    .toSorted((a, b) => b.needs[0] - a.needs[0] || b.needs[1] - a.needs[1])
    .flatMap((one) => Array.from({ length: one.count }, () => one));
  // Twice the room, so that a bad packing shows as hosts and not as refusals.
  const fleet = fleetOf(2 * hosts);
  const nodes: [number, number, number][] = [];
  let whole = 0;
  for (const { request, needs } of largestFirst) {
    const decision = fleet.decide(request);
    if (decision === null) throw new Error("twice the hosts do not hold what was on them");
    fleet.take(decision.host, decision.use);
    if (needs[0] === wholeHost) whole++;
    else firstFitOn(nodes, needs);
  }
  return { repacked: usedHosts(fleet), firstFit: whole + Math.ceil(nodes.length / 2) };
}

function firstFitOn(nodes: [number, number, number][], needs: Shape): void {
  let free = nodes.find((have) => have.every((amount, k) => amount >= at(needs, k)));
  if (free === undefined) {
    free = [node.accelerators, node.cores, node.pages];
    nodes.push(free);
  }
  for (const k of [0, 1, 2] as const) free[k] -= needs[k];
}

/** The GPUs of the shape that fills a whole host. */
const wholeHost = 8;

/**
 * The fewest hosts for the VMs, by an integer program over patterns (Gilmore and Gomory, 1961): how
 * many nodes are filled with which numbers of each shape. All shapes but the whole host's lie on
 * one node, so nodes are packed, two per host.
 */
function fewestHosts(counts: readonly number[], highs: Highs): number {
  const whole = at(
    counts,
    shapes.findIndex(([accelerators]) => accelerators === wholeHost),
  );
  const patterns = nodePatterns();
  const sumText = (terms: readonly string[]): string => terms.join(" + ");
  const rows = shapes.flatMap(([accelerators], i) => {
    const count = at(counts, i);
    if (accelerators === wholeHost || count === 0) return [];
    const using = patterns.flatMap((pattern, p) => {
      const times = at(pattern, i);
      return times === 0 ? [] : [`${times} x${p}`];
    });
    return [` r${i}: ${sumText(using)} >= ${count}`];
  });
  if (rows.length === 0) return whole;
  const names = patterns.map((_, p) => `x${p}`);
  const text = [
    `Minimize\n obj: ${sumText(names)}`,
    `Subject To\n${rows.join("\n")}`,
    `General\n ${names.join(" ")}`,
    "End\n",
  ].join("\n");
  const solution = highs.solve(text, { output_flag: false, mip_rel_gap: 0 });
  if (solution.Status !== "Optimal") throw new Error(`HiGHS says ${solution.Status}`);
  return whole + Math.ceil(Math.round(solution.ObjectiveValue) / 2);
}

/** The maximal patterns: how many of each shape fill a node so that no other fits. */
function nodePatterns(): readonly (readonly number[])[] {
  const patterns: number[][] = [];
  const fits = (shape: Shape, free: Shape): boolean =>
    shape[0] !== wholeHost && shape.every((amount, k) => amount <= at(free, k));
  const extend = (i: number, pattern: number[], free: Shape): void => {
    const shape = shapes[i];
    if (shape === undefined) {
      if (!shapes.some((one) => fits(one, free))) patterns.push(pattern);
      return;
    }
    let left = free;
    for (let times = 0; ; times++) {
      extend(i + 1, [...pattern, times], left);
      if (!fits(shape, left)) return;
      left = [left[0] - shape[0], left[1] - shape[1], left[2] - shape[2]];
    }
  };
  extend(0, [], [node.accelerators, node.cores, node.pages]);
  return patterns;
}
