import type { Topology } from "../topology.ts";
import { cpuWarnings } from "./cpus.ts";
import { deviceWarnings } from "./devices.ts";
import { distanceWarnings } from "./distances.ts";
import { nodeWarnings } from "./nodes.ts";
import { settingWarnings } from "./settings.ts";
import type { TopologyWarning } from "./warning.ts";

/**
 * Lists what an operator should know about a machine before selling it: what is missing, uneven,
 * unknown, or below its maximum. Each fact is reported once, with its numbers, in the order nodes,
 * distances, CPUs, devices, settings. A machine as its maker intended has none, or only infos.
 *
 * A fact that the source does not contain is no warning, unless placement needs it.
 */
export function topologyWarnings(topology: Topology): readonly TopologyWarning[] {
  return [
    ...nodeWarnings(topology),
    ...distanceWarnings(topology),
    ...cpuWarnings(topology),
    ...deviceWarnings(topology),
    ...settingWarnings(topology),
  ];
}
