import type { Topology } from "../topology.ts";
import { cpuWarnings } from "./cpus.ts";
import { deviceWarnings } from "./devices.ts";
import { distanceWarnings } from "./distances.ts";
import { nodeWarnings } from "./nodes.ts";
import { settingWarnings } from "./settings.ts";
import type { TopologyWarning } from "./warning.ts";

/**
 * What an operator should know about a machine before selling it: what is missing, uneven, unknown
 * or runs below what it could. Each is said once, with its numbers, in the order nodes, distances,
 * CPUs, devices and how they are set up. A machine as its maker meant it has none, or only infos.
 *
 * What a source does not tell is no finding by itself, except where placement needs it.
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
