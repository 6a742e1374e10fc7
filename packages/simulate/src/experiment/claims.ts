import type { FlowMachine } from "@evenkeel/core/cost/flow/flow-machine.ts";
import { type Flow, predictFlows } from "@evenkeel/core/cost/flow/predict-flows.ts";
import { type CostBasis, weakerBasis } from "@evenkeel/core/cost/path-cost.ts";
import type { NodeShare } from "@evenkeel/core/cost/placement-cost.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import { size } from "@evenkeel/core/set/index-set.ts";
import { knownCpus } from "@evenkeel/core/topology/node-facts.ts";
import type { MemoryNode, Topology } from "@evenkeel/core/topology/topology.ts";
import { at } from "@evenkeel/core/unit/list.ts";

/**
 * What is said of distance on GPU hosts in general, held against one machine: what its figures
 * predict, and on what basis. `partly` names a claim that comes out so for some pairs or loads and
 * not for others; `moot` one of what the machine has not; `unknown` one whose figures nobody told.
 */
export interface Claim {
  readonly name: string;
  /** The claim as it is made in general. */
  readonly says: string;
  /** What comes out here, in a sentence. */
  readonly found: string;
  readonly holds: "yes" | "no" | "partly" | "moot" | "unknown";
  readonly basis: CostBasis;
}

/** The claims that follow from the machine alone, whatever runs on it. */
export function machineClaims(topology: Topology, machine: FlowMachine): readonly Claim[] {
  const nodes = topology.nodes.filter((node) => size(knownCpus(node)) > 0);
  const pairs = nodes.flatMap((from) =>
    nodes.filter((to) => isOther(from, to)).map((to) => ({ from, to })),
  );
  return [
    idleLatency(machine, pairs),
    loadedLatency(machine, nodes, pairs),
    copies(topology, machine, nodes, pairs),
    peers(topology, machine),
    interleavedReads(machine, nodes),
  ].map(judged);
}

/** A claim that hangs on a figure that nobody told is not judged, whatever a guess gives. */
export function judged(claim: Claim): Claim {
  if (claim.basis !== "unknown" || claim.holds === "unknown") return claim;
  return { ...claim, holds: "unknown", found: `by a guess at what nobody told, ${claim.found}` };
}

interface Pair {
  readonly from: MemoryNode;
  readonly to: MemoryNode;
}

/** Of another package; where nobody told the packages, any other node. */
function isOther(a: MemoryNode, b: MemoryNode): boolean {
  if (a.id === b.id) return false;
  return a.package === null || b.package === null || a.package !== b.package;
}

const whole = (node: number): readonly NodeShare[] => [{ node, share: 1 }];

function reads(machine: FlowMachine, from: MemoryNode, memoryNodes: readonly NodeShare[]): Flow {
  return {
    name: `reads of node ${from.id}`,
    path: machine.memoryPath({ cpuNodes: whole(from.id), memoryNodes, writeShare: 0 }),
    demandBytesPerSecond: Infinity,
    streams: size(knownCpus(from)),
  };
}

function idleLatency(machine: FlowMachine, pairs: readonly Pair[]): Claim {
  const says = "memory of another node takes 1.5 to 3 times the latency of one's own";
  const name = "latency-idle";
  if (pairs.length === 0) return withoutPairs(name, says);
  const paths = pairs.map(({ from, to }) => ({
    own: reads(machine, from, whole(from.id)).path,
    other: reads(machine, from, whole(to.id)).path,
  }));
  const ratios = paths.flatMap(({ own, other }) =>
    own.idleNs === null || other.idleNs === null ? [] : [other.idleNs / own.idleNs],
  );
  if (ratios.length === 0) return unknownClaim(name, says, "nobody told the latencies");
  return {
    name,
    says,
    found: `${rangeText(ratios)} between packages`,
    holds: allOrSome(ratios.map((ratio) => isBetween(ratio, 1.5, 3))),
    basis: paths.map(({ other }) => other.basis).reduce(weakerBasis, "measured"),
  };
}

/** All cores of every node read at once: another node's memory, or their own. */
function loadedLatency(
  machine: FlowMachine,
  nodes: readonly MemoryNode[],
  pairs: readonly Pair[],
): Claim {
  const name = "latency-loaded";
  const says =
    "under load the latency of another node's memory can reach 4 to 5 times that of one's own, idle";
  if (pairs.length === 0) return withoutPairs(name, says);
  const across = nodes.map((from) => {
    const to = pairs.find((pair) => pair.from.id === from.id)?.to ?? from;
    return reads(machine, from, whole(to.id));
  });
  const own = nodes.map((node) => reads(machine, node, whole(node.id)));
  const grown = (flows: readonly Flow[]): readonly number[] =>
    predictFlows(machine, flows).flatMap(({ latencyNs }, i) => {
      const idleNs = at(own, i).path.idleNs;
      return latencyNs === null || idleNs === null ? [] : [latencyNs / idleNs];
    });
  const [far, near] = [grown(across), grown(own)];
  if (far.length === 0) return unknownClaim(name, says, "nobody told the latencies");
  return {
    name,
    says,
    found:
      `with every core reading across, ${rangeText(far)} the idle latency of one's own; with ` +
      `every core reading its own, ${rangeText(near)}`,
    holds: allOrSome(far.map((ratio) => ratio > 4 - 0.005)),
    basis: [...across, ...own].map(({ path }) => path.basis).reduce(weakerBasis, "measured"),
  };
}

/** Copies to each accelerator: one at a time, and to all of a node at once. */
function copies(
  topology: Topology,
  machine: FlowMachine,
  nodes: readonly MemoryNode[],
  pairs: readonly Pair[],
): Claim {
  const name = "copies-remote";
  const says = "every copy to a GPU from the other node's memory is slower";
  const homes = topology.accelerators.flatMap(({ address }) => {
    const node = topology.pci.find((device) => device.address === address)?.node ?? null;
    const home = nodes.find(({ id }) => id === node);
    const other = home === undefined ? undefined : nodes.find((one) => isOther(home, one));
    return home === undefined || other === undefined ? [] : [{ address, home, other }];
  });
  if (homes.length === 0) {
    return topology.accelerators.length > 0 && pairs.length > 0
      ? unknownClaim(name, says, "nobody told the node of a GPU beside another package's")
      : withoutPairs(name, says);
  }
  const flow = (address: string, node: number): Flow => ({
    name: address,
    path: machine.copyPath(address, whole(node), "to-device"),
    demandBytesPerSecond: Infinity,
    streams: 1,
  });
  const alone = homes.flatMap(({ address, home, other }) => {
    const [near, far] = [flow(address, home.id), flow(address, other.id)].map(
      (one) => at(predictFlows(machine, [one]), 0).aloneBytesPerSecond,
    );
    return near === null || near === undefined || far === null || far === undefined
      ? []
      : [near / far];
  });
  const first = at(homes, 0);
  const beside = homes.filter(({ home }) => home.id === first.home.id);
  const together = predictFlows(
    machine,
    beside.map(({ address, other }) => flow(address, other.id)),
  );
  const near = predictFlows(
    machine,
    beside.map(({ address, home }) => flow(address, home.id)),
  );
  const shared = together.flatMap(({ fairBytesPerSecond }, i) => {
    const local = at(near, i).fairBytesPerSecond;
    return fairBytesPerSecond === null || local === null ? [] : [local / fairBytesPerSecond];
  });
  if (alone.length === 0) return unknownClaim(name, says, "nobody told the links' speeds");
  const isSlower = [...alone, ...shared].map((ratio) => ratio > 1.02);
  return {
    name,
    says,
    found:
      `to one GPU at a time ${slowerText(alone)}; to the ${beside.length} of a node at once ` +
      slowerText(shared),
    holds: allOrSome(isSlower),
    basis: together.map(({ basis }) => basis).reduce(weakerBasis, "measured"),
  };
}

function peers(topology: Topology, machine: FlowMachine): Claim {
  const name = "peers-across";
  const says = "traffic between GPUs of two nodes is slower than between those of one";
  const nodeOf = new Map(topology.pci.map(({ address, node }) => [address, node]));
  const between = interconnects(topology);
  const addresses = topology.accelerators.map(({ address }) => address);
  const all = addresses.flatMap((a, i) =>
    addresses.slice(i + 1).flatMap((b) => {
      const nodes = [nodeOf.get(a) ?? null, nodeOf.get(b) ?? null];
      if (nodes.includes(null) || between(a, b) === null) return [];
      const path = machine.peerPath(a, b);
      const flow = { name: a, path, demandBytesPerSecond: Infinity, streams: 1 };
      const { aloneBytesPerSecond: rate } = at(predictFlows(machine, [flow]), 0);
      return rate === null ? [] : [{ isOne: nodes[0] === nodes[1], rate, basis: path.basis }];
    }),
  );
  const rates = (isOne: boolean): readonly number[] =>
    all.filter((pair) => pair.isOne === isOne).map(({ rate }) => rate);
  const [inside, across] = [rates(true), rates(false)];
  if (inside.length === 0 || across.length === 0) {
    return all.length > 0 || addresses.length < 2
      ? { ...withoutPairs(name, says), found: "no two GPUs of one node beside one of another" }
      : unknownClaim(name, says, "nobody told the GPUs' nodes and links");
  }
  const best = Math.max(...inside);
  return {
    name,
    says,
    found: `between nodes ${slowerText(across.map((rate) => best / rate))}`,
    holds: allOrSome(across.map((rate) => best / rate > 1.02)),
    basis: all.map(({ basis }) => basis).reduce(weakerBasis, "measured"),
  };
}

/** Software that knows no nodes and reads all memory from all cores. */
function interleavedReads(machine: FlowMachine, nodes: readonly MemoryNode[]): Claim {
  const name = "interleave-whole-machine";
  const says =
    "for software that knows no nodes and spans the machine, bound by memory, interleaving is a " +
    "reasonable trade";
  const withMemory = nodes.filter(({ memoryBytes }) => memoryBytes !== 0);
  if (withMemory.length < 2) return withoutPairs(name, says);
  const even = withMemory.map(({ id }) => ({ node: id, share: 1 / withMemory.length }));
  const total = (memoryOf: (node: MemoryNode) => readonly NodeShare[]): number | null =>
    predictFlows(
      machine,
      nodes.map((node) => reads(machine, node, memoryOf(node))),
    ).reduce<number | null>(
      (sum, { fairBytesPerSecond: rate }) => (sum === null || rate === null ? null : sum + rate),
      0,
    );
  const one = total(() => whole(at(withMemory, 0).id));
  const spread = total(() => even);
  const own = total((node) => whole(node.id));
  if (one === null || spread === null || own === null) {
    return unknownClaim(name, says, "nobody told the bandwidths");
  }
  const gigabytes = (rate: number): string => `${(rate / 1e9).toFixed(0)} GB/s`;
  return {
    name,
    says,
    found:
      `all cores read ${gigabytes(spread)} interleaved, ${gigabytes(one)} where one thread ` +
      `touched all memory first, ${gigabytes(own)} where each reads its own node's`,
    holds: spread > one * 1.02 ? "yes" : "no",
    basis: nodes
      .map((node) => reads(machine, node, even).path.basis)
      .reduce(weakerBasis, "measured"),
  };
}

function withoutPairs(name: string, says: string): Claim {
  return {
    name,
    says,
    found: "this machine has no second package with cores",
    holds: "moot",
    basis: "measured",
  };
}

function unknownClaim(name: string, says: string, found: string): Claim {
  return { name, says, found, holds: "unknown", basis: "unknown" };
}

export function allOrSome(all: readonly boolean[]): "yes" | "no" | "partly" {
  if (all.every(Boolean)) return "yes";
  return all.some(Boolean) ? "partly" : "no";
}

const isBetween = (value: number, least: number, most: number): boolean =>
  value > least - 0.005 && value < most + 0.005;

/** `1.76 times`, `1.05 to 1.76 times`. */
function rangeText(ratios: readonly number[]): string {
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((one) => one.toFixed(2));
  return least === most ? `${least} times` : `${least} to ${most} times`;
}

/** `no slower`, `3.05 times slower`, `up to 3.05 times slower`. */
function slowerText(ratios: readonly number[]): string {
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  if (most <= 1.02) return "no slower";
  if (least <= 1.02) return `up to ${most.toFixed(2)} times slower`;
  return `${rangeText(ratios)} slower`;
}
