import { canonicalJson } from "../hash/canonical-json.ts";
import { sha256 } from "../hash/sha256.ts";
import type { Topology } from "./topology.ts";

/**
 * `sha256:` of what a machine is, without what changes while it runs: free pages, bound drivers,
 * links that train down when idle, which partitions are active, and where it was read from. Two
 * readings of one unchanged machine agree; a plan made for one can tell that the other is the same.
 */
export function topologyDigest(topology: Topology): string {
  const known = digests.get(topology);
  if (known !== undefined) return known;
  const digest = `sha256:${sha256(canonicalJson(lastingShape(topology)))}`;
  digests.set(topology, digest);
  return digest;
}

/** A topology never changes, so its digest is worked out once. */
const digests = new WeakMap<Topology, string>();

function lastingShape(topology: Topology): unknown {
  const { name: _name, source: _source, access: _access, ...lasting } = topology;
  return {
    ...lasting,
    nodes: topology.nodes.map((node) => ({
      ...node,
      hugepages: node.hugepages.map(({ sizeBytes, total }) => ({ sizeBytes, total })),
    })),
    pci: topology.pci.map(({ driver: _driver, link, ...device }) => ({
      ...device,
      link: link === null ? null : { maxSpeedGTs: link.maxSpeedGTs, maxWidth: link.maxWidth },
    })),
    partitions: topology.partitions.map(({ active: _active, ...partition }) => partition),
  };
}
