import { type CostModel, costModel } from "../../cost/placement-cost.ts";
import type { LinkDemand, Workload } from "../../request/virtual-machine.ts";
import { type Interconnect, interconnects } from "../../topology/interconnect.ts";
import type { Topology } from "../../topology/topology.ts";

/** How a machine's parts lie to each other: what the search asks again and again. */
export interface Relations {
  /** The costs under a workload, looked up once. */
  readonly model: (workload: Workload) => CostModel;
  /** The cost of a transfer between two accelerators, by position (`CostModel.peerPair`). */
  readonly peers: (workload: Workload) => readonly (readonly number[])[];
  /** The cost between an accelerator and a NIC, by position (`CostModel.networkPair`). */
  readonly network: () => readonly (readonly number[])[];
  /** The cost of reaching a node's memory from a node, by position (`CostModel.memoryPath`). */
  readonly memoryPaths: () => readonly Float64Array[];
  /** connected[a][b]: whether two accelerators, by position, are linked as a request demands. */
  readonly connected: (link: LinkDemand) => readonly (readonly boolean[])[];
  /** The distance of two nodes, by id, both ways added, for a SLIT may be asymmetric; 0 if unknown. */
  readonly distance: (a: number, b: number) => number;
}

export function relationsOf(topology: Topology): Relations {
  const models = new Map<Workload, CostModel>();
  const between = interconnects(topology);
  const addresses = topology.accelerators.map(({ address }) => address);
  const links = new Map<LinkDemand, boolean[][]>();
  const peers = new Map<Workload, number[][]>();
  const model = (workload: Workload): CostModel =>
    remembered(models, workload, () => costModel(topology, workload));
  const ids = topology.nodes.map(({ id }) => id);
  let paths: readonly Float64Array[] | null = null;
  let network: readonly (readonly number[])[] | null = null;
  const peersOf = (workload: Workload): number[][] =>
    remembered(peers, workload, () =>
      addresses.map((a) => addresses.map((b) => model(workload).peerPair(a, b))),
    );
  return {
    model,
    peers: peersOf,
    // What a path to memory, or to a NIC, costs is the same under every workload.
    memoryPaths: () =>
      (paths ??= ids.map((from) =>
        Float64Array.from(ids, (to) => model("compute").memoryPath(from, to)),
      )),
    network: () =>
      (network ??= addresses.map((a) =>
        topology.nics.map((nic) => model("compute").networkPair(a, nic.address)),
      )),
    connected: (link) =>
      remembered(links, link, () =>
        addresses.map((a) => addresses.map((b) => satisfiesLink(between(a, b), link))),
      ),
    distance: distances(topology),
  };
}

function remembered<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const before = known.get(key);
  if (before !== undefined) return before;
  const value = make();
  known.set(key, value);
  return value;
}

/** Whether an interconnect is what the request's `link` asks of every pair. */
function satisfiesLink(interconnect: Interconnect | null, demand: LinkDemand): boolean {
  switch (demand) {
    case "any":
      return true;
    case "nvlink":
      return interconnect !== null && /^(NV|XGMI)/.test(interconnect);
    case "switch":
      return interconnect === "PIX";
  }
}

function distances(topology: Topology): (a: number, b: number) => number {
  const position = new Map(topology.nodes.map((node, i) => [node.id, i]));
  const one = (a: number, b: number): number =>
    topology.distances?.[position.get(a) ?? -1]?.[position.get(b) ?? -1] ?? 0;
  return (a, b) => one(a, b) + one(b, a);
}
