import { invariant } from "../../invariant.ts";
import { at } from "../../unit/list.ts";
import { read, type Vector, vectorOf, write } from "../../unit/vector.ts";
import { type CostBasis, weakerBasis } from "../path-cost.ts";
import { aloneRates, assuredRates, fairRates, type SharedFlows } from "./fair-share.ts";
import type { FlowMachine, Path } from "./flow-machine.ts";
import { waitingNs } from "./loaded-latency.ts";

/** A flow of bytes along a path. */
export interface Flow {
  readonly name: string;
  readonly path: Path;
  /** Infinite for one that takes what it gets. */
  readonly demandBytesPerSecond: number;
  /**
   * How many equal streams it stands for, such as one for each core that reads: resources are
   * shared fairly among streams, so eight cores get eight times what one gets.
   */
  readonly streams: number;
}

/** What is predicted of a flow among others. All rates are null where nothing known limits them. */
export interface FlowPrediction {
  readonly name: string;
  /** What it gets with nobody else on the machine. */
  readonly aloneBytesPerSecond: number | null;
  /** Its max-min fair rate: what it is expected to get while all others take what they can. */
  readonly fairBytesPerSecond: number | null;
  /**
   * What it gets at least, whatever the others do within their demands; never above the fair rate.
   */
  readonly assuredBytesPerSecond: number | null;
  /**
   * The alone over the assured rate, at least 1: never less when flows are added or demand more.
   * 1 where nothing known limits it.
   */
  readonly slowdown: number;
  /** The name of the resource that limits the assured rate; null for a flow that has its demand. */
  readonly bottleneck: string | null;
  /** Of its dependent reads at most, under this load; null where the idle latency is unknown. */
  readonly latencyNs: number | null;
  /** The weakest of its own path and of all flows that share a resource with it. */
  readonly basis: CostBasis;
}

/**
 * Predicts what each of some flows gets, in their order. Linear in flows, hops and resources but
 * for sorting, and free of state: two calls answer what one more flow does to all others.
 */
export function predictFlows(
  machine: FlowMachine,
  flows: readonly Flow[],
): readonly FlowPrediction[] {
  const shared = sharedFlows(flows);
  const alone = aloneRates(machine.shared, shared);
  const fair = fairRates(machine.shared, shared);
  const { rates, limits, utilisation } = assuredRates(machine.shared, shared);
  const bases = basesOf(machine, flows);
  return flows.map(({ name, path, streams }, i) => {
    const limit = limits[i] ?? null;
    const rate = (of: Vector): number | null => {
      const value = read(of, i) * streams;
      return value === Infinity ? null : value;
    };
    return {
      name,
      aloneBytesPerSecond: rate(alone),
      fairBytesPerSecond: rate(fair),
      assuredBytesPerSecond: rate(rates),
      slowdown: slowdownOf(read(alone, i), read(rates, i)),
      bottleneck: limit === null || limit < 0 ? null : at(machine.resources, limit).name,
      latencyNs: latencyOf(machine, path, utilisation),
      basis: path.hops.reduce<CostBasis>((a, hop) => weakerBasis(a, at(bases, hop)), path.basis),
    };
  });
}

function slowdownOf(alone: number, assured: number): number {
  return assured === Infinity || assured === 0 ? 1 : Math.max(1, alone / assured);
}

/**
 * Flows in the form that the sharing takes. A flow of several streams is one stream whose bytes use
 * so much more of each resource.
 */
export function sharedFlows(flows: readonly Flow[]): SharedFlows {
  const count = flows.reduce((total, { path }) => total + path.hops.length, 0);
  const starts = new Int32Array(flows.length + 1);
  const hops = new Int32Array(count);
  const weights = vectorOf(count);
  const demands = vectorOf(flows.length);
  let position = 0;
  for (const [i, { path, demandBytesPerSecond, streams }] of flows.entries()) {
    invariant(demandBytesPerSecond >= 0 && streams > 0, "a flow has a demand, and streams");
    write(demands, i, demandBytesPerSecond / streams);
    for (const [j, hop] of path.hops.entries()) {
      write(hops, position, hop);
      write(weights, position, at(path.weights, j) * streams);
      position++;
    }
    write(starts, i + 1, position);
  }
  return { starts, hops, weights, demands };
}

/** The weakest basis of the flows across each resource. */
function basesOf({ resources }: FlowMachine, flows: readonly Flow[]): readonly CostBasis[] {
  const bases = resources.map(({ basis }) => basis);
  for (const { path } of flows) {
    for (const hop of path.hops) bases[hop] = weakerBasis(at(bases, hop), path.basis);
  }
  return bases;
}

/** The idle latency of the path, and what waiting at each hop adds (`loaded-latency.ts`). */
function latencyOf(
  { resources }: FlowMachine,
  { idleNs, hops, weights }: Path,
  utilisation: Vector,
): number | null {
  if (idleNs === null) return null;
  return hops.reduce((total, hop, i) => {
    const { waiting } = at(resources, hop);
    if (waiting === null) return total;
    return total + Math.min(1, at(weights, i)) * waitingNs(waiting, read(utilisation, hop));
  }, idleNs);
}
