import {
  difference,
  emptySet,
  type IndexSet,
  intersection,
  isDisjoint,
  isEmpty,
  union,
} from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import type { Note } from "./note.ts";

/** A node with the CPUs that a source lists for it; null where it lists none. */
export interface NodeClaim {
  readonly id: number;
  readonly cpus: IndexSet | null;
}

/**
 * Removes the CPUs that several nodes list.
 *
 * In Linux a CPU is on one node, but the lists may say otherwise: with `numa=fake` every part of a
 * real node lists all its CPUs. Nothing shows which node such a CPU is on, so it is on none that is
 * known, and `note` says so. A node is left with the CPUs that it alone lists; if there are none,
 * its CPUs are unknown (null), which is not the same as a node without CPUs.
 */
export function withoutSharedCpus(
  claims: readonly NodeClaim[],
  where: string,
  note: Note,
): NodeClaim[] {
  let seen = emptySet;
  let shared = emptySet;
  for (const { cpus } of claims) {
    if (cpus === null) continue;
    shared = union(shared, intersection(seen, cpus));
    seen = union(seen, cpus);
  }
  if (isEmpty(shared)) return [...claims];
  const sharing = claims.filter(({ cpus }) => cpus !== null && !isDisjoint(cpus, shared));
  noteShared(
    note,
    where,
    formatList(shared),
    sharing.map(({ id }) => id),
  );
  return claims.map(({ id, cpus }) => {
    const own = cpus === null ? null : difference(cpus, shared);
    const isLost = own !== null && cpus !== null && isEmpty(own) && !isEmpty(cpus);
    return { id, cpus: isLost ? null : own };
  });
}

/** Says that CPUs are on no known node, because several nodes list them. */
export function noteShared(
  note: Note,
  where: string,
  cpus: string,
  nodes: readonly number[],
): void {
  note(
    `${where} lists CPUs ${cpus} on each of several nodes (${nodes.join(", ")}), ` +
      "as a kernel with numa=fake does: the node of these CPUs is unknown",
  );
}
