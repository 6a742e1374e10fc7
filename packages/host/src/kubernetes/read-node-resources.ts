import { mergeTopologies } from "@evenkeel/core/topology/merge/merge-topologies.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { ignore, type Note, noteLeftovers } from "../text/note.ts";
import { isNodeObject, readNodeObjects } from "./node-features.ts";
import { readObjects } from "./objects.ts";
import type { NodeReading } from "./reading.ts";
import { unexpected } from "./refusals.ts";
import { isResourceSlice, readResourceSlices } from "./resource-slices.ts";
import { isResourceTopology, readResourceTopology } from "./resource-topology.ts";

/**
 * Reads what Kubernetes and its agents publish about a node: a NodeResourceTopology, the
 * ResourceSlices of the node, the Node itself with its labels, and a NodeFeature of Node Feature
 * Discovery, as many of them as there are. `note` gets what the objects lack, what they say and a
 * topology does not hold, and where they contradict each other.
 *
 * Errors: `document-invalid` where the text holds none of them, or describes several nodes; those
 * of `readObjects`; `topology-inconsistent`.
 */
export function readKubernetes(text: string, where: string, note: Note = ignore): Topology {
  const { objects, missing } = readObjects(text, where);
  const readings = kinds.flatMap(({ is, read }): NodeReading[] => {
    const own = objects.filter(is);
    return own.length === 0 ? [] : [read(own, where)];
  });
  if (readings.length === 0) throw unexpected(objects, where);
  const { topology, findings } = mergeTopologies(readings.map((reading) => reading.topology));
  for (const { message } of findings) note(message);
  noteLeftovers(note, "kubectl", where, {
    missing: [...missing, ...readings.flatMap((reading) => reading.missing)],
    unused: readings.flatMap((reading) => reading.unused),
  });
  return topology;
}

/** What tells more comes first, because the first counts where objects contradict each other. */
const kinds = [
  { is: isResourceTopology, read: readResourceTopology },
  { is: isResourceSlice, read: readResourceSlices },
  { is: isNodeObject, read: readNodeObjects },
] as const;
