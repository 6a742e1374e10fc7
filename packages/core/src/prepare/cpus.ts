import { keptCores } from "../plan/kept-cores.ts";
import type { PlanParts } from "../plan/plan.ts";
import { advice } from "../remedy/remedy.ts";
import type { HostPolicy } from "../request/host-policy.ts";
import { difference, emptySet, type IndexSet, isEmpty, unionAll } from "../set/index-set.ts";
import { formatList, setOf } from "../set/list-format.ts";
import type { Topology } from "../topology/topology.ts";
import type { Need } from "./preparation.ts";
import { type HostSetting, tellsHere } from "./setting.ts";

/** The CPUs that the host keeps. */
export function keptCpus(topology: Topology, policy: HostPolicy): IndexSet {
  const kept = keptCores(topology, policy);
  return unionAll(topology.cores.flatMap(({ id, cpus }) => (kept.has(id) ? [setOf(cpus)] : [])));
}

/**
 * The CPUs to keep the host's own threads off: all that are sold, where every VM pins its vCPUs.
 * Under isolation `shared` they float, and on CPUs that the scheduler leaves alone they would all
 * stay where they start; so there, none. A host that keeps no CPU has no other place for its
 * threads: none either.
 */
export function isolatedCpus(
  topology: Topology,
  policy: HostPolicy,
  plans: readonly PlanParts[],
): IndexSet {
  const kept = keptCpus(topology, policy);
  const floats = plans.some(({ isolation }) => isolation === "shared");
  if (plans.length === 0 || floats || isEmpty(kept)) return emptySet;
  return difference(unionAll(topology.cores.map(({ cpus }) => setOf(cpus))), kept);
}

/** Whether the scheduler leaves those CPUs alone. */
export function isolationNeeds(wanted: IndexSet, setting: HostSetting): readonly Need[] {
  if (isEmpty(wanted)) return [];
  const list = formatList(wanted);
  const { isolatedCpus: now } = setting;
  const common = {
    code: "isolated-cpus",
    required: true,
    subject: `CPUs ${list}`,
    needs: "no threads of the host's own on the CPUs that VMs are pinned to",
    has: now === null ? null : now === "" ? "no isolated CPU" : `CPUs ${now} isolated`,
  } as const;
  if (now !== null && isEmpty(difference(wanted, setOf(now)))) {
    return [{ ...common, state: "there", remedy: null, tells: null }];
  }
  return [
    {
      ...common,
      state: now === null ? "unknown" : "missing",
      remedy: advice("host-reboot", "Boot with isolcpus as in the boot line above."),
      tells: now === null ? tellsHere : null,
    },
  ];
}
