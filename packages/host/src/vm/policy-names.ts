import { absentNames } from "@evenkeel/core/plan/absent-names.ts";
import type { HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { VmHost } from "./host.ts";

/** Reports what a policy names and this machine is not known to have, if anything. */
export function reportAbsentNames(
  policy: HostPolicy,
  topology: Topology,
  { progress }: Pick<VmHost, "progress">,
): void {
  const names = absentNames(policy, topology);
  if (names.length > 0) progress({ kind: "names-absent", host: topology.name, names });
}
