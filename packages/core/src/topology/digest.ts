import { canonicalJson } from "../hash/canonical-json.ts";
import { sha256 } from "../hash/sha256.ts";
import type { Topology } from "./topology.ts";

/**
 * `sha256:` of what a machine is, without what changes while it runs: free pages, bound drivers,
 * links that train down when idle, which partitions are active, and where it was read from. Two
 * readings of one unchanged machine agree; a plan made for one can tell that the other is the same.
 */
export function topologyDigest(topology: Topology): string {
  const { name: _name, source: _source, access: _access, ...lasting } = topology;
  const shape = {
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
  return `sha256:${sha256(canonicalJson(shape))}`;
}
