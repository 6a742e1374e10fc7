import { knownCpus } from "../topology/node-facts.ts";
import type { MemoryNode, Topology } from "../topology/topology.ts";
import type { IndexSet } from "../set/index-set.ts";
import { nodesText } from "../topology/draw/describe.ts";
import type { BindingMode, BindingUnknown } from "./binding.ts";
import { nodeFinder } from "./homes.ts";
import { nearest, nodesWithCpus } from "./nearest.ts";

/** The nodes whose CPUs serve an accelerator best. */
export interface Beside {
  readonly address: string;
  /** The node that it is on. */
  readonly home: number | null;
  /** Ascending; empty where none is known. */
  readonly nodes: readonly number[];
  /** Why these, where they are not its own node alone. */
  readonly reason: string | null;
  readonly unknown: BindingUnknown | null;
}

/**
 * Finds the nodes whose CPUs serve an accelerator best, among those with CPUs that the command may
 * use: its own node, or in mode `socket` all of its package; where these have none, the nearest.
 */
export function besideFinder(
  topology: Topology,
  mode: BindingMode,
  allowed: IndexSet,
): (address: string) => Beside {
  const homeOf = nodeFinder(topology);
  const suitable = nodesWithCpus(topology, allowed);
  return (address) => {
    const home = homeOf(address);
    const node = topology.nodes.find(({ id }) => id === home);
    if (home === null || node === undefined) {
      const what = `the node of GPU ${address}`;
      const tells = "numa_node in sysfs, or nvidia-smi topo -m";
      return unplaced(address, { what, tells });
    }
    if (node.cpus === null) {
      return unplaced(address, { what: `the CPUs of node ${home}`, tells: "sysfs" }, home);
    }
    const wide = mode === "socket" ? packageOf(topology, node) : null;
    const inPackage = suitable.filter(({ id }) => wide?.includes(id) === true);
    if (inPackage.length > 0) {
      const nodes = inPackage.map(({ id }) => id);
      const reason = nodes.length > 1 ? `its package has ${nodesText(nodes)}` : null;
      return { address, home, nodes, reason, unknown: null };
    }
    const { nodes, unknown } = nearest(topology, home, suitable);
    if (unknown !== null) return unplaced(address, { what: unknown, tells: "sysfs" }, home);
    return {
      address,
      home,
      nodes,
      reason: nodes.includes(home) ? null : whyOthers(node, nodes),
      unknown:
        mode === "socket" && wide === null
          ? { what: `the package of node ${home}`, tells: "sysfs" }
          : null,
    };
  };
}

function unplaced(address: string, unknown: BindingUnknown, home: number | null = null): Beside {
  return { address, home, nodes: [], reason: null, unknown };
}

/** The nodes of a node's package; null where the package is unknown. */
function packageOf({ nodes }: Topology, node: MemoryNode): readonly number[] | null {
  if (node.package === null) return null;
  return nodes.filter((one) => one.package === node.package).map(({ id }) => id);
}

function whyOthers(home: MemoryNode, nodes: readonly number[]): string {
  const why =
    knownCpus(home).words.length === 0
      ? `node ${home.id} has no CPUs`
      : `the command may use no CPU of node ${home.id}`;
  return nodes.length === 0
    ? why
    : `${why}, and ${nodesText(nodes)} is the nearest that it may use`;
}
