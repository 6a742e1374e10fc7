import type { Access } from "@evenkeel/core/topology/topology.ts";
import type { NodeClaim } from "../text/shared-cpus.ts";
import type { Tree } from "../tree/tree.ts";
import { nodeDirectory } from "./nodes.ts";
import { indexedNames, readIndex } from "./values.ts";

/**
 * Reads the HMAT's figures for access to each node's memory from its best initiators; the kernel
 * shows no others. `access0` counts GPUs and NICs among the initiators, `access1` only CPUs; a pair
 * in both is taken from `access0`. Latency is in nanoseconds, bandwidth in MB/s, and 0 means
 * unknown.
 * https://docs.kernel.org/admin-guide/mm/numaperf.html
 */
export function readAccess(tree: Tree, nodes: readonly Pick<NodeClaim, "id">[]): Access[] {
  const ids = new Set(nodes.map(({ id }) => id));
  const found = new Map<string, Access>();
  for (const { id: target } of nodes) {
    for (const accessClass of ["access0", "access1"]) {
      const directory = `${nodeDirectory}/node${target}/${accessClass}/initiators`;
      const initiators = indexedNames(tree, directory, "node").filter((id) => ids.has(id));
      if (initiators.length === 0) continue;
      const latency = readFigure(tree, `${directory}/read_latency`);
      const bandwidth = readFigure(tree, `${directory}/read_bandwidth`);
      if (latency === null && bandwidth === null) continue;
      for (const initiator of initiators) {
        const pair = `${initiator} ${target}`;
        if (found.has(pair)) continue;
        found.set(pair, {
          initiator,
          target,
          readLatencyNs: latency,
          readBytesPerSecond: bandwidth === null ? null : bandwidth * 1e6,
          basis: "hmat",
        });
      }
    }
  }
  return [...found.values()];
}

function readFigure(tree: Tree, path: string): number | null {
  const value = readIndex(tree, path);
  return value === 0 ? null : value;
}
