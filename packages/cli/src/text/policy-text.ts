import { absentNames } from "@evenkeel/core/plan/absent-names.ts";
import type { HostState } from "@evenkeel/core/plan/host-state.ts";

/** So many hosts are named; the others are counted. */
const hostsNamed = 3;

/**
 * Notes on what the policies of hosts name, and the hosts are not known to have. Hosts that lack
 * the same are told together.
 */
export function absentNamesNotes(
  hosts: readonly Pick<HostState, "topology" | "policy">[],
): readonly string[] {
  const lacking = hosts.flatMap(({ topology, policy }) => {
    const names = absentNames(policy, topology).join("; ");
    return names === "" ? [] : [{ names, host: topology.name }];
  });
  return [...Map.groupBy(lacking, ({ names }) => names)].map(([names, of]) =>
    absentNamesNote(
      of.map(({ host }) => host),
      names,
    ),
  );
}

/** A note on what the policy of hosts names in vain. */
export function absentNamesNote(hosts: readonly string[], names: string): string {
  const named = hosts.slice(0, hostsNamed).join(", ");
  const more = hosts.length - hostsNamed;
  return (
    `the policy of ${named}${more > 0 ? ` and ${more} more` : ""} names what is not known to be ` +
    `there, which has no effect: ${names} (evenkeel topology --all shows what is)`
  );
}
