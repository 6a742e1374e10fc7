import { machinePaths } from "../../cost/machine-paths.ts";
import { type CostModel, costModelOn } from "../../cost/placement-cost.ts";
import { weightsKey } from "../../cost/workload.ts";
import type { LinkDemand, Workload } from "../../request/virtual-machine.ts";
import type { Profile } from "../../request/workload-profile.ts";
import {
  isDirect,
  type Interconnect,
  interconnects,
  pciInterconnects,
} from "../../topology/interconnect.ts";
import type { Topology } from "../../topology/topology.ts";
import { at, valueOf } from "../../unit/list.ts";

/** How a machine's parts lie to each other: costs, links and distances, each looked up once. */
export interface Relations {
  /** The costs under a workload. */
  readonly model: (workload: Workload | Profile) => CostModel;
  /** connected[a][b]: whether two accelerators, by position, are linked as a request demands. */
  readonly connected: (link: LinkDemand) => readonly (readonly boolean[])[];
  /**
   * The distance between two nodes, by id, both ways added, for a SLIT may be asymmetric. Without a
   * SLIT it is 0 for all, as no two nodes are known to be farther apart than others.
   */
  readonly distance: (a: number, b: number) => number;
}

/** The relations of a topology, computed on demand and cached. */
export function relationsOf(topology: Topology): Relations {
  const models = new Map<string, CostModel>();
  const paths = machinePaths(topology);
  const between = interconnects(topology);
  const overPci = pciInterconnects(topology);
  const addresses = topology.accelerators.map(({ address }) => address);
  const links = new Map<LinkDemand, boolean[][]>();
  return {
    model: (workload) => cached(models, weightsKey(workload), () => costModelOn(paths, workload)),
    connected: (link) =>
      cached(links, link, () =>
        addresses.map((a) =>
          addresses.map((b) =>
            satisfiesLink(link === "switch" ? overPci(a, b) : between(a, b), link),
          ),
        ),
      ),
    distance: distances(topology),
  };
}

function cached<Key, Value>(cache: Map<Key, Value>, key: Key, make: () => Value): Value {
  const before = cache.get(key);
  if (before !== undefined) return before;
  const value = make();
  cache.set(key, value);
  return value;
}

/**
 * Whether an interconnect is what a request's `link` demands of every pair. GPUs below one switch
 * are so whether or not they have a direct link too.
 */
function satisfiesLink(interconnect: Interconnect | null, demand: LinkDemand): boolean {
  switch (demand) {
    case "any":
      return true;
    case "nvlink":
      return interconnect !== null && isDirect(interconnect);
    case "switch":
      return interconnect === "PIX";
  }
}

function distances(topology: Topology): (a: number, b: number) => number {
  const { distances: rows } = topology;
  if (rows === null) return () => 0;
  const position = new Map(topology.nodes.map((node, i) => [node.id, i]));
  const one = (a: number, b: number): number =>
    at(at(rows, valueOf(position, a)), valueOf(position, b));
  return (a, b) => one(a, b) + one(b, a);
}
