import { at } from "../../unit/list.ts";
import { sumOf } from "../../unit/sum.ts";
import { read } from "../../unit/vector.ts";
import { assuredRates } from "../flow/fair-share.ts";
import type { FlowMachine } from "../flow/flow-machine.ts";
import { type Flow, predictFlows, sharedFlows } from "../flow/predict-flows.ts";
import { type CostBasis, weakerBasis } from "../path-cost.ts";
import type { CostParts } from "../plan-cost.ts";
import type { RawCost } from "../placement-cost.ts";
import {
  atFullRate,
  atMeanRate,
  costParts,
  slowestOf,
  type VmFlow,
  type VmFlows,
} from "./vm-flows.ts";

/**
 * What neighbours cost a VM, part by part: how many times as long the part takes among them as it
 * takes alone on the same place. At least 1, and never less when a neighbour is added or moves
 * more, for both follow from assured rates and from utilisation (`flow/fair-share.ts`), which never
 * get better with load.
 *
 * A part lasts as long as its slowest flow. Of memory, the random share waits for latency and not
 * for bandwidth, so it takes longer by the growth of the latency.
 *
 * Only neighbours that share a resource with a part count for it, and their flows at other
 * resources change no level there: so VMs that share nothing slow nobody, exactly.
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
  own: VmFlows,
  neighbours: readonly VmFlows[],
  activity: Activity = "mean",
): Contention {
  const rateOf = activity === "full" ? atFullRate : atMeanRate;
  const others = neighbours
    .filter(({ flows }) => sharesAny(own.flows, flows))
    .map(({ flows }): Other => flows.map((flow) => ({ ...flow, flow: rateOf(flow) })));
  const parts: Record<keyof CostParts, number> = {
    hostToDevice: 1,
    memory: 1,
    peer: 1,
    network: 1,
  };
  let bottleneck: Bottleneck | null = null;
  let worst = 1;
  const latencyNs = latencyOf(machine, own.flows, others);
  for (const part of costParts) {
    const flows = own.flows.filter((flow) => flow.part === part);
    const slowed = bandwidthOf(machine, flows, own.aloneSeconds[part], others);
    const random = part === "memory" ? latencyShare(machine, own, latencyNs, others) : null;
    parts[part] =
      random === null
        ? slowed.ratio
        : (1 - random.share) * slowed.ratio + random.share * random.ratio;
    if (slowed.ratio <= worst || slowed.resource === null) continue;
    worst = slowed.ratio;
    bottleneck = bottleneckAt(machine, slowed.resource, part, flows, others);
  }
  const bases = [...own.flows, ...others.flat()].map(({ path }) => path.basis);
  return { parts, bottleneck, latencyNs, basis: bases.reduce(weakerBasis, "measured") };
}

/** The flows of a neighbour, each also as the sharing takes it. */
type Other = readonly (VmFlow & { readonly flow: Flow })[];

/** How many times as long a VM moves data among neighbours as alone on the same place. */
export function slowdownBy(weights: CostParts, raw: RawCost, { parts }: Contention): number {
  const weighed = (part: keyof CostParts): number => weights[part] * raw.parts[part];
  const among = sumOf(costParts, (part) => weighed(part) * parts[part]);
  return among / sumOf(costParts, weighed);
}

function hopsOf(flows: readonly VmFlow[]): ReadonlySet<number> {
  return new Set(flows.flatMap(({ path }) => path.hops));
}

/** Whether two VMs share a resource. */
export function sharesAny(a: readonly VmFlow[], b: readonly VmFlow[]): boolean {
  const hops = hopsOf(a);
  return b.some(({ path }) => path.hops.some((hop) => hops.has(hop)));
}

/** The neighbours' flows that share a resource with these. */
function sharing(flows: readonly VmFlow[], others: readonly Other[]): readonly Flow[] {
  const hops = hopsOf(flows);
  return others
    .flat()
    .filter(({ path }) => path.hops.some((hop) => hops.has(hop)))
    .map(({ flow }) => flow);
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
  aloneSeconds: number,
  others: readonly Other[],
): Slowed {
  const near = sharing(flows, others);
  // What nothing known limits takes no time, with neighbours or without.
  if (near.length === 0 || aloneSeconds === 0) return { ratio: 1, resource: null };
  const all = sharedFlows([...flows.map(atFullRate), ...near]);
  const { rates, limits } = assuredRates(machine.shared, all);
  const seconds = slowestOf(flows, rates);
  const slowest = flows.findIndex((flow, i) => slowestOf([flow], rates.subarray(i)) === seconds);
  const resource = at(limits, slowest);
  return { ratio: Math.max(1, seconds / aloneSeconds), resource: resource < 0 ? null : resource };
}

function bottleneckAt(
  { resources, shared }: FlowMachine,
  resource: number,
  part: keyof CostParts,
  flows: readonly VmFlow[],
  others: readonly Other[],
): Bottleneck {
  const asked = (of: readonly Flow[]): number =>
    sumOf(of, ({ path, demandBytesPerSecond }) => {
      const hop = path.hops.indexOf(resource);
      if (hop < 0) return 0;
      const most = path.hops.reduce(
        (least, one, i) => Math.min(least, read(shared.capacities, one) / at(path.weights, i)),
        demandBytesPerSecond,
      );
      return most * at(path.weights, hop);
    });
  const crossing = others.filter((of) => of.some(({ path }) => path.hops.includes(resource)));
  const theirs = crossing.flat().map(({ flow }) => flow);
  return {
    resource: at(resources, resource).name,
    part,
    askedBytesPerSecond: Math.round(asked([...flows.map(atFullRate), ...theirs])),
    capacityBytesPerSecond: Math.round(read(shared.capacities, resource)),
    vms: crossing.length + 1,
  };
}

/** The share of a VM's memory traffic that waits for latency, and how much longer it waits. */
function latencyShare(
  machine: FlowMachine,
  { flows }: VmFlows,
  among: number | null,
  others: readonly Other[],
): { readonly share: number; readonly ratio: number } | null {
  const reads = flows.find(({ part }) => part === "memory");
  if (reads === undefined || reads.randomShare === 0 || among === null) return null;
  const alone = others.length === 0 ? among : latencyOf(machine, flows, []);
  return alone === null ? null : { share: reads.randomShare, ratio: Math.max(1, among / alone) };
}

/** The mean latency of a VM's dependent reads, by its bytes on each path. */
function latencyOf(
  machine: FlowMachine,
  own: readonly VmFlow[],
  others: readonly Other[],
): number | null {
  const reads = own.filter(({ part }) => part === "memory");
  if (reads.length === 0) return null;
  const itself = own
    .filter(({ part }) => part !== "memory")
    .map((flow) => ({ ...flow, flow: atMeanRate(flow) }));
  const flows = [...reads.map(atMeanRate), ...sharing(reads, [itself, ...others])];
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
