import type { Topology } from "../../../topology/topology.ts";
import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";

/**
 * Firmware cuts a socket into one, two or four nodes (NPS on AMD, SNC on Intel), each with its part
 * of the memory channels, cores and devices. On equal processors with other cuts the same VM has
 * more nodes to go astray on, and less bandwidth on each. Told of the host with more.
 *
 * AMD's tuning guides for EPYC, NUMA nodes per socket; Intel 64 and IA-32 Architectures
 * Optimization Reference Manual, sub-NUMA clustering.
 */
export const firmwareDiffers: Cause = {
  code: "firmware-differs",
  layer: "host",
  looksFor: "its host's firmware cuts a socket into more nodes than the twin's (NPS, SNC)",
  observable: "machine.topology.nodes, of a socket",
  readFrom: "/sys/devices/system/node",
  acquittedBy: "as many nodes for a socket, or fewer",
  followsFrom: [],
  judge: ({ topology }, twin) => {
    if (twin === null) return irrelevant;
    if (topology === null || twin.topology === null) {
      return untold("the topology was not read of both");
    }
    const [own, other] = [nodesPerSocket(topology), nodesPerSocket(twin.topology)];
    if (own === null || other === null) {
      return untold("which socket each node is of, or which has CPUs, was not told");
    }
    const isSameKind = topology.machine.cpuModel === twin.topology.machine.cpuModel;
    if (!isSameKind) return irrelevant;
    if (own <= other) return acquitted(`${own} nodes for a socket`);
    return accused({
      about: "firmware",
      expected: `${other} for a socket, as on the other's host`,
      found: `${own} nodes for a socket, each with a part of its memory channels`,
      evidence: [`/sys/devices/system/node: ${own} nodes with CPUs for each socket`],
      seen: "inferred",
      cost: unknownCost,
      remedy: advice(
        "host-reboot",
        "Set both hosts' firmware alike: NUMA nodes per socket (NPS) on AMD, sub-NUMA clustering " +
          "(SNC) on Intel.",
      ),
    });
  },
};

/** How many nodes with CPUs each socket has, where that is known and all have as many. */
function nodesPerSocket({ nodes }: Topology): number | null {
  if (nodes.some(({ cpus }) => cpus === null)) return null;
  const withCpus = nodes.filter(({ cpus }) => cpus !== "");
  const bySocket = Map.groupBy(withCpus, (node) => node.package);
  const counts = new Set([...bySocket.values()].map(({ length }) => length));
  const [count] = counts;
  return bySocket.has(null) || counts.size !== 1 || count === undefined ? null : count;
}
