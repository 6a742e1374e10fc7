import type { HostState } from "@evenkeel/core/placement/host-state.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import { type Offer, type OfferedDevice, offerOf } from "../offer.ts";

/** A place that the rules of placement allow for a VM, as far as they say without naming cores. */
export interface Candidate {
  /** By ascending node. */
  readonly cells: readonly CandidateCell[];
  readonly accelerators: readonly OfferedDevice[];
  readonly nics: readonly OfferedDevice[];
  readonly partition: number | null;
}

export interface CandidateCell {
  readonly node: number;
  /** Whole cores, or CPUs where cores are shared. */
  readonly units: number;
  readonly granules: number;
}

/**
 * Every place of so many cells that a machine has for a request, whoever is on it: each set of
 * accelerators with each set of NICs on their nodes, or each set of nodes where there are none.
 * What a cell gets follows from its accelerators, or is an equal part. Nobody's place strays here.
 *
 * It takes as long as there are sets: thousands of four accelerators of eight with four NICs.
 */
export function* candidatesOn(
  host: HostState,
  request: Request,
  cells: number,
): Generator<Candidate> {
  const offer = offerOf({ ...host, taken: [] }, request);
  const { nics } = request;
  for (const { accelerators, partition } of acceleratorSets(offer, request)) {
    const homes = [...new Set(accelerators.map(({ node }) => node ?? -1))];
    const nodes = offer.nodes.map(({ id }) => id);
    const choices =
      accelerators.length > 0 ? [homes.toSorted((a, b) => a - b)] : subsets(nodes, cells);
    for (const home of choices) {
      if (home.length !== cells || home.includes(-1)) continue;
      const parts = shares(offer, home, accelerators);
      if (parts === null) continue;
      const near = offer.nics.filter(({ node }) => home.includes(node ?? -1));
      for (const chosen of subsets(near, nics.count)) {
        yield { cells: parts, accelerators, nics: chosen, partition };
      }
    }
  }
}

interface AcceleratorSet {
  readonly accelerators: readonly OfferedDevice[];
  readonly partition: number | null;
}

/** As many as asked for and connected as asked for; on a host with partitions exactly one. */
function* acceleratorSets(
  { topology, accelerators }: Offer,
  { accelerators: { count, link } }: Request,
): Generator<AcceleratorSet> {
  const between = interconnects(topology);
  const connected = (a: OfferedDevice, b: OfferedDevice): boolean => {
    const path = between(a.address, b.address) ?? "";
    const direct = path.startsWith("NV") || path.startsWith("XGMI");
    return link === "any" || (link === "nvlink" ? direct : path === "PIX");
  };
  const partitions = new Map(
    topology.partitions.map(({ id, accelerators: members }) => [members.toSorted().join(), id]),
  );
  for (const set of subsets(accelerators, count)) {
    if (set.some((a, i) => set.slice(i + 1).some((b) => !connected(a, b)))) continue;
    const name = set.map(({ address }) => address).toSorted();
    const partition = count === 0 ? null : (partitions.get(name.join()) ?? null);
    if (count > 0 && topology.partitions.length > 0 && partition === null) continue;
    yield { accelerators: set, partition };
  }
}

/** What each cell gets, what does not divide going to the first; null where one would get nothing. */
function shares(
  { units, granules }: Offer,
  nodes: readonly number[],
  accelerators: readonly OfferedDevice[],
): readonly CandidateCell[] | null {
  const split = (all: number): number[] => {
    if (accelerators.length === 0) {
      const part = Math.floor(all / nodes.length);
      return nodes.map((_, i) => part + (i < all % nodes.length ? 1 : 0));
    }
    const own = nodes.map((node) => accelerators.filter((one) => one.node === node).length);
    const parts = own.map((count) => Math.floor((all * count) / accelerators.length));
    const rest = all - parts.reduce((a, b) => a + b, 0);
    return parts.map((part, i) => (i === 0 ? part + rest : part));
  };
  const [ofUnits, ofGranules] = [split(units), split(granules)];
  if (ofUnits.includes(0) || ofGranules.includes(0)) return null;
  return nodes.map((node, i) => {
    return { node, units: ofUnits[i] ?? 0, granules: ofGranules[i] ?? 0 };
  });
}

/** The subsets of one size, in lexicographic order. */
function* subsets<T>(items: readonly T[], count: number): Generator<readonly T[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (const [i, item] of items.entries()) {
    for (const rest of subsets(items.slice(i + 1), count - 1)) yield [item, ...rest];
  }
}
