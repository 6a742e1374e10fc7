import type { UnreadableVm } from "@evenkeel/core/preflight/facts.ts";
import type { Tree } from "../tree/tree.ts";
import type { ClosedProcess } from "./emulators.ts";

/**
 * What to say of processes that nobody here can look into: one sentence for each user whose
 * processes have the command line of a QEMU, and one for all others together. However many
 * processes somebody starts, the sentences stay few.
 *
 * A program that is no QEMU runs VMs by KVM, or has a device of VFIO. On a machine without either,
 * none does, and nothing is unknown.
 */
export function closedVms(tree: Tree, closed: readonly ClosedProcess[]): readonly UnreadableVm[] {
  const [claims, others] = [
    closed.filter(({ saysQemu }) => saysQemu),
    closed.filter(({ saysQemu }) => !saysQemu),
  ];
  const byUser = Map.groupBy(claims, ({ uid }) => uid);
  const unreadable = [...byUser].map(([uid, all]): UnreadableVm => ({
    name: `user ${uid ?? "unknown"}`,
    why: `${some(all)} may not be looked into and may run VMs: the command line is that of a QEMU, which any process can have`,
    seenAs: "claim",
  }));
  if (others.length > 0 && mayHaveVms(tree)) {
    unreadable.push({
      name: "other processes",
      why: `${some(others)} may not be looked into, so a VM that a program other than QEMU runs would be missed`,
      seenAs: "process",
    });
  }
  return unreadable;
}

const mayHaveVms = (tree: Tree): boolean =>
  ["/sys/class/misc/kvm", "/sys/class/vfio", "/sys/class/vfio-dev"].some(
    (path) => tree.realPath(path) !== null,
  );

function some(all: readonly ClosedProcess[]): string {
  const named = all.slice(0, 4).map(({ pid, uid }) => `${pid} of user ${uid ?? "unknown"}`);
  const noun = all.length === 1 ? "process" : "processes";
  const more = all.length > named.length ? ` and ${all.length - named.length} more` : "";
  return `${noun} ${named.join(", ")}${more}`;
}
