import { type CostModel, costModel } from "@evenkeel/core/cost/placement-cost.ts";
import type { HostState } from "@evenkeel/core/placement/host-state.ts";
import type { Plan } from "@evenkeel/core/placement/plan.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { indexSet, isDisjoint, unionAll } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import type { Core } from "@evenkeel/core/topology/topology.ts";
import { type Offer, offerOf } from "../offer.ts";
import { type Candidate, candidatesOn } from "./candidates.ts";
import { openPlaces, type PackedVm } from "./packing.ts";
import type { Place } from "./places.ts";
import { cachesByNode, isGathered, shapeOf, tellsCaches } from "./shapes.ts";

/** The places of a host that are as good for a VM as the one that it was given. */
export interface Equals {
  readonly places: readonly PackedVm[];
  /** Devices and nodes that would be better, where there are any. */
  readonly better: Candidate | null;
}

/**
 * All places for a VM on a host that have the cells of its plan, cost as much, take along as much
 * and lie as close together, each with every choice of caches that differ in what is left of them.
 * Cells of one size have their cores below caches as those of the plan do. Null where the plan
 * strays, its cells differ without need, or its cores are scattered: of that candidates know nothing.
 */
export function equalsOf(host: HostState, request: Request, plan: Plan): Equals | null {
  const shape = shapeOf(host.topology, plan);
  if (shape === null || !tellsCaches(host.topology, request)) return null;
  if (!isGathered(host.topology, shape)) return null;
  const offer = offerOf(host, request);
  const model = costModel(offer.topology, request.workload);
  const open = openPlaces(offer, [...candidatesOn(host, request, plan.cells.length)]);
  const own = open.find((candidate) => nameOf(candidate) === nameOfPlan(plan));
  if (own === undefined) return null;
  const worth = worthOf(own, offer, model);
  let better: Candidate | null = null;
  const equal = open.filter((candidate) => {
    const difference = compare(worthOf(candidate, offer, model), worth);
    if (difference < 0) better = candidate;
    return difference === 0;
  });
  const places = equal.flatMap((candidate): Place[] => {
    const cells = candidate.cells.flatMap((cell) => {
      const caches = shape.get(`${cell.units} ${cell.granules}`);
      return caches === undefined ? [] : [{ ...cell, caches }];
    });
    return cells.length === candidate.cells.length ? [{ ...candidate, cells }] : [];
  });
  return { places: places.flatMap((place) => withCores(place, host, offer)), better };
}

const nameOf = ({ cells, accelerators, nics }: Candidate): string =>
  JSON.stringify([
    cells.map(({ node, units, granules }) => [node, units, granules]),
    [...accelerators, ...nics].map(({ address }) => address).toSorted(),
  ]);

function nameOfPlan({ cells, devices, threadsPerCore }: Plan): string {
  const sizes = cells.map(({ hostNode, vcpus, memoryBytes, pageBytes }) => {
    return [hostNode, vcpus.length / threadsPerCore, memoryBytes / Math.max(pageBytes, 2 ** 21)];
  });
  return JSON.stringify([sizes, devices.map(({ address }) => address).toSorted()]);
}

interface Worth {
  readonly cost: number;
  readonly extra: number;
  readonly spread: number;
}

function compare(a: Worth, b: Worth): number {
  const cost = Math.abs(a.cost - b.cost) < 1e-9 ? 0 : a.cost - b.cost;
  return cost || a.extra - b.extra || a.spread - b.spread;
}

function worthOf(
  { cells, accelerators, nics }: Candidate,
  { topology, granules }: Offer,
  model: CostModel,
): Worth {
  const devices = [...accelerators, ...nics];
  const wanted = new Set(devices.map(({ address }) => address));
  const along = new Set(devices.flatMap((device) => device.along));
  const { total } = model.cost({
    cells: cells.map(({ node, granules: own }) => ({
      share: own / granules,
      vcpuNodes: [{ node, share: 1 }],
      memoryNodes: [{ node, share: 1 }],
    })),
    accelerators: accelerators.map(({ address, node }) => {
      return { address, node, cell: cells.findIndex((cell) => cell.node === node) };
    }),
    nics: nics.map(({ address }) => address),
  });
  const at = cells.map(({ node }) => topology.nodes.findIndex(({ id }) => id === node));
  const apart = at.flatMap((i) =>
    at.map((j) => (i === j ? 0 : (topology.distances?.[i]?.[j] ?? 0))),
  );
  return {
    cost: total,
    extra: along.difference(wanted).size,
    spread: apart.reduce((a, b) => a + b, 0),
  };
}

/** The place with every choice of caches that others could tell apart. */
function withCores(place: Place, host: HostState, offer: Offer): readonly PackedVm[] {
  const byNode = cachesByNode(offer.nodes.flatMap(({ cores }) => cores));
  let vms: readonly PackedVm[] = [{ place, cores: [] }];
  for (const { node, caches } of place.cells) {
    const there = byNode.get(node) ?? [];
    const choices = cacheChoices(there, caches, host);
    vms = vms.flatMap(({ cores }) => choices.map((own) => ({ place, cores: [...cores, own] })));
  }
  return vms;
}

/** Parts of these sizes from different caches, of caches that are alike from the first. */
function cacheChoices(
  caches: readonly Core[][],
  sizes: readonly number[],
  host: HostState,
): readonly (readonly Core[])[] {
  const [size, ...rest] = sizes;
  if (size === undefined) return [[]];
  const kindOf = (cache: readonly Core[]): string =>
    `${cache.length} ${isUsed(host, cache[0]?.l3 ?? null)}`;
  return [...Map.groupBy(caches, kindOf).values()].flatMap(([first = []]) => {
    if (first.length < size) return [];
    const others = caches.filter((cache) => cache !== first);
    const part = first.slice(0, size);
    return cacheChoices(others, rest, host).map((more) => [...part, ...more]);
  });
}

/** Whether a VM has a core below a cache: then it is closed to whoever wants one alone. */
function isUsed({ topology, taken }: HostState, l3: number | null): boolean {
  const below = unionAll(
    topology.cores.filter((core) => core.l3 === l3).map((core) => setOf(core.cpus)),
  );
  const vcpus = taken.flatMap((plan) => plan.cells.flatMap((cell) => cell.vcpus));
  return vcpus.some((v) => !isDisjoint(below, "cpu" in v ? indexSet([v.cpu]) : setOf(v.cpus)));
}
