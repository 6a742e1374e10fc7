import type { HostState } from "@evenkeel/core/placement/host-state.ts";
import type { Plan } from "@evenkeel/core/placement/plan.ts";
import { planSignatures } from "@evenkeel/core/placement/signature/signature.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { topologyDigest } from "@evenkeel/core/topology/digest.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { type Candidate, type CandidateCell, candidatesOn } from "./candidates.ts";
import { cachesByNode, shapeOf, soldCores, tellsCaches } from "./shapes.ts";
import { type CellCpus, written } from "./written.ts";

/** A candidate with how its cells' cores lie below caches. */
export interface Place extends Candidate {
  readonly cells: readonly PlaceCell[];
}

export interface PlaceCell extends CandidateCell {
  /** How many of its cores are below each of the caches that it uses, descending. */
  readonly caches: readonly number[];
}

/**
 * Every place that a machine has in the signature of a plan, whoever is on it; null where that plan
 * strays or its cells differ without need, of which candidates know nothing.
 *
 * Cells that have as many cores have them below caches as the plan's cells of that size do: which
 * caches those are is left to whoever packs. The signature decides, and is asked only where devices
 * of the same kinds are connected by the same interconnects.
 *
 * @param order whether the lowest cell has what is left over, or any of them.
 */
export function placesLike(
  host: HostState,
  request: Request,
  like: Plan,
  order: "in order" | "any order" = "in order",
): readonly Place[] | null {
  const shape = shapeOf(host.topology, like);
  if (shape === null || !tellsCaches(host.topology, request)) return null;
  const key = JSON.stringify([
    topologyDigest(host.topology),
    host.policy.partitions,
    { ...request, name: "", flavor: null, signature: null },
    like.signature,
    [...shape],
    order,
  ]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const sign = planSignatures(host.topology);
  const summary = summaries(host.topology);
  const wanted = summary(like.devices.map(({ address }) => address));
  const bare = { ...host, taken: [] };
  const places: Place[] = [];
  let even = false;
  const candidates = candidatesOn(bare, request, like.cells.length);
  for (const candidate of order === "in order" ? candidates : candidates.flatMap(reordered)) {
    const cells = candidate.cells.map((cell): PlaceCell | null => {
      const caches = shape.get(`${cell.units} ${cell.granules}`);
      return caches === undefined ? null : { ...cell, caches };
    });
    if (cells.includes(null)) continue;
    even = true;
    const devices = [...candidate.accelerators, ...candidate.nics].map(({ address }) => address);
    if (summary(devices) !== wanted) continue;
    const place = { ...candidate, cells: cells.flatMap((cell) => cell ?? []) };
    const cpus = onBareMachine(host.topology, request, place);
    if (cpus === null) continue;
    if (sign(written(bare, request, place, cpus)).signature === like.signature) places.push(place);
  }
  if (!even) return null;
  if (known.size >= knownMax) known.clear();
  known.set(key, places);
  return places;
}

/** A candidate with the sizes of its cells in every order. */
function reordered(candidate: Candidate): readonly Candidate[] {
  const { cells } = candidate;
  const sizes = cells.map(({ units, granules }) => ({ units, granules }));
  const found = new Map<string, Candidate>();
  const extend = (ordered: readonly CandidateCell[], left: typeof sizes): void => {
    const cell = cells[ordered.length];
    if (cell === undefined) found.set(JSON.stringify(ordered), { ...candidate, cells: ordered });
    else
      for (const [i, size] of left.entries()) {
        if (left.findIndex((one) => one.units === size.units && one.granules === size.granules) < i)
          continue;
        extend([...ordered, { ...cell, ...size }], left.toSpliced(i, 1));
      }
  };
  extend([], sizes);
  return [...found.values()];
}

const known = new Map<string, readonly Place[]>();
const knownMax = 512;

/** Any cores that lie as wanted, of a machine of which all are free; null where there are none. */
function onBareMachine(
  { cores, nodes }: Topology,
  { isolation }: Request,
  { cells }: Place,
): readonly CellCpus[] | null {
  if (isolation === "shared") {
    const pools = cells.map((cell) => nodes.find(({ id }) => id === cell.node)?.cpus ?? "");
    return pools.includes("") ? null : pools;
  }
  const byNode = cachesByNode(soldCores(cores));
  const cpus = cells.map(({ node, caches }) => {
    const there = (byNode.get(node) ?? []).toSorted((a, b) => b.length - a.length);
    const parts = caches.map((count, i) => (there[i] ?? []).slice(0, count));
    return parts.every((part, i) => part.length === caches[i]) ? parts.flat() : null;
  });
  return cpus.includes(null) ? null : cpus.map((own) => own ?? []);
}

/** What devices are and how they are connected, whatever they are called. */
function summaries(topology: Topology): (addresses: readonly string[]) => string {
  const between = interconnects(topology);
  const pairs = new Map<string, string>();
  const path = (a: string, b: string): string => {
    const key = `${a} ${b}`;
    const name = pairs.get(key) ?? between(a, b) ?? "";
    pairs.set(key, name);
    return name;
  };
  return (addresses) =>
    addresses
      .flatMap((a, i) => addresses.slice(i + 1).map((b) => path(a, b)))
      .toSorted()
      .join();
}
