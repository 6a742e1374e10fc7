import { at } from "../unit/list.ts";
import { sum, sumOf } from "../unit/sum.ts";
import { read } from "../unit/vector.ts";
import { assuredRates } from "./flow/fair-share.ts";
import type { FlowMachine } from "./flow/flow-machine.ts";
import { type Flow, predictFlows, sharedFlows } from "./flow/predict-flows.ts";
import { type CostBasis, weakerBasis } from "./path-cost.ts";
import type { CostParts } from "./plan-cost.ts";
import type { RawCost } from "./placement-cost.ts";
import { atFullRate, atMeanRate, costParts, type VmFlow } from "./vm-flows.ts";

/**
 * What neighbours cost a VM, part by part: how many times as long the part takes among them as it
 * takes alone on the same place. At least 1, and never less when a neighbour is added or moves more,
 * for both follow from assured rates and from utilisation (`flow/fair-share.ts`), which never get
 * better with load.
 *
 * A part lasts as long as its slowest flow. Of memory, the random share waits for latency and not
 * for bandwidth, so it takes longer by the growth of the latency.
 *
 * Only neighbours that share a resource with a part count for it, and their flows at other resources
 * change no level there: so VMs that share nothing slow nobody, exactly.
 */
export interface Contention {
  readonly parts: CostParts;
  /** What slows most; null where nobody slows it. */
  readonly bottleneck: Bottleneck | null;
  /** Of the dependent reads of its vCPUs; null where no latency of its paths is known. */
  readonly latencyNs: number | null;
  /** The weakest of what it depends on. */
  readonly basis: CostBasis;
}

/** A resource that a VM and its neighbours ask more of than it has. */
export interface Bottleneck {
  /** As the flow model names it: `link from package 0 to package 1`. */
  readonly resource: string;
  /** The part that waits for it. */
  readonly part: keyof CostParts;
  /** What all flows across it would take at the same time: its own at full rate. */
  readonly askedBytesPerSecond: number;
  readonly capacityBytesPerSecond: number;
  /** How many VMs use it, itself included. */
  readonly vms: number;
}

/** How busy the neighbours are: as over a whole step, or all of them moving at full rate. */
export type Activity = "mean" | "full";

/** What neighbours cost a VM. */
export function contentionOf(
  machine: FlowMachine,
  own: readonly VmFlow[],
  neighbours: readonly (readonly VmFlow[])[],
  activity: Activity = "mean",
): Contention {
  const others = neighbours.filter((flows) => sharesAny(own, flows));
  const parts: Record<keyof CostParts, number> = {
    hostToDevice: 1,
    memory: 1,
    peer: 1,
    network: 1,
  };
  let bottleneck: Bottleneck | null = null;
  let worst = 1;
  for (const part of costParts) {
    const flows = own.filter((flow) => flow.part === part);
    const slowed = bandwidthOf(machine, flows, others, activity);
    const random = part === "memory" ? latencyShare(machine, own, others, activity) : null;
    parts[part] =
      random === null
        ? slowed.ratio
        : (1 - random.share) * slowed.ratio + random.share * random.ratio;
    if (slowed.ratio > worst) {
      worst = slowed.ratio;
      bottleneck =
        slowed.resource === null
          ? null
          : bottleneckAt(machine, slowed.resource, part, flows, others, activity);
    }
  }
  const latencyNs = latencyOf(machine, own, others, activity);
  const bases = [...own, ...others.flat()].map(({ path }) => path.basis);
  return { parts, bottleneck, latencyNs, basis: bases.reduce(weakerBasis, "measured") };
}

/** How many times as long a VM moves data among neighbours as alone on the same place. */
export function slowdownBy(weights: CostParts, raw: RawCost, { parts }: Contention): number {
  const weighed = (part: keyof CostParts): number => weights[part] * raw.parts[part];
  const among = sumOf(costParts, (part) => weighed(part) * parts[part]);
  return among / sumOf(costParts, weighed);
}

function hopsOf(flows: readonly VmFlow[]): ReadonlySet<number> {
  return new Set(flows.flatMap(({ path }) => path.hops));
}

function sharesAny(a: readonly VmFlow[], b: readonly VmFlow[]): boolean {
  const hops = hopsOf(a);
  return b.some(({ path }) => path.hops.some((hop) => hops.has(hop)));
}

const atRate = (activity: Activity): ((flow: VmFlow) => Flow) =>
  activity === "full" ? atFullRate : atMeanRate;

/** The neighbours' flows that share a resource with these. */
function sharing(
  flows: readonly VmFlow[],
  others: readonly (readonly VmFlow[])[],
): readonly VmFlow[] {
  const hops = hopsOf(flows);
  return others.flat().filter(({ path }) => path.hops.some((hop) => hops.has(hop)));
}

interface Slowed {
  readonly ratio: number;
  /** The position of the resource that limits the slowest flow; null where none does. */
  readonly resource: number | null;
}

/** How much longer a part takes at the rates that neighbours leave. */
function bandwidthOf(
  machine: FlowMachine,
  flows: readonly VmFlow[],
  others: readonly (readonly VmFlow[])[],
  activity: Activity,
): Slowed {
  const near = sharing(flows, others);
  if (near.length === 0) return { ratio: 1, resource: null };
  const full = flows.map(atFullRate);
  const alone = assuredRates(machine.shared, sharedFlows(full));
  const among = assuredRates(machine.shared, sharedFlows([...full, ...near.map(atRate(activity))]));
  let [slowest, before, resource] = [0, 0, -1];
  for (const [i, { bytes, streams }] of flows.entries()) {
    before = Math.max(before, bytes / (read(alone.rates, i) * streams));
    const seconds = bytes / (read(among.rates, i) * streams);
    if (seconds > slowest) [slowest, resource] = [seconds, at(among.limits, i)];
  }
  // What nothing known limits takes no time, with neighbours or without.
  const ratio = before === 0 ? 1 : Math.max(1, slowest / before);
  return { ratio, resource: resource < 0 ? null : resource };
}

function bottleneckAt(
  { resources, shared }: FlowMachine,
  resource: number,
  part: keyof CostParts,
  flows: readonly VmFlow[],
  others: readonly (readonly VmFlow[])[],
  activity: Activity,
): Bottleneck {
  const asked = (of: readonly VmFlow[], rateOf: (flow: VmFlow) => Flow): number =>
    sumOf(of, (flow) => {
      const hop = flow.path.hops.indexOf(resource);
      if (hop < 0) return 0;
      const { demandBytesPerSecond, path } = rateOf(flow);
      const most = path.hops.reduce(
        (least, one, i) => Math.min(least, read(shared.capacities, one) / at(path.weights, i)),
        demandBytesPerSecond,
      );
      return most * at(path.weights, hop);
    });
  const crossing = others.filter((of) => of.some(({ path }) => path.hops.includes(resource)));
  return {
    resource: at(resources, resource).name,
    part,
    askedBytesPerSecond:
      asked(flows, atFullRate) + sum(crossing.map((of) => asked(of, atRate(activity)))),
    capacityBytesPerSecond: read(shared.capacities, resource),
    vms: crossing.length + 1,
  };
}

/** The share of a VM's memory traffic that waits for latency, and how much longer it waits. */
function latencyShare(
  machine: FlowMachine,
  own: readonly VmFlow[],
  others: readonly (readonly VmFlow[])[],
  activity: Activity,
): { readonly share: number; readonly ratio: number } | null {
  const share = own.find(({ part }) => part === "memory")?.randomShare ?? 0;
  if (share === 0) return null;
  const [alone, among] = [
    latencyOf(machine, own, [], activity),
    latencyOf(machine, own, others, activity),
  ];
  if (alone === null || among === null) return null;
  return { share, ratio: Math.max(1, among / alone) };
}

/** The mean latency of a VM's dependent reads, by its bytes on each path. */
function latencyOf(
  machine: FlowMachine,
  own: readonly VmFlow[],
  others: readonly (readonly VmFlow[])[],
  activity: Activity,
): number | null {
  const reads = own.filter(({ part }) => part === "memory");
  if (reads.length === 0) return null;
  const near = [...own.filter(({ part }) => part !== "memory"), ...others.flat()];
  const flows = [...reads.map(atMeanRate), ...sharing(reads, [near]).map(atRate(activity))];
  const predicted = predictFlows(machine, flows);
  const bytes = sumOf(reads, (flow) => flow.bytes);
  let mean = 0;
  for (const [i, flow] of reads.entries()) {
    const { latencyNs } = at(predicted, i);
    if (latencyNs === null) return null;
    mean += (latencyNs * flow.bytes) / bytes;
  }
  return mean;
}
