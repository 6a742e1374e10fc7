import { type IndexSet, isDisjoint, unionAll } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { formatBytes } from "../../unit/bytes.ts";
import { sum, sumOf } from "../../unit/sum.ts";
import { coresOf } from "../subject/guest-view.ts";
import type { Subject } from "../subject/subject.ts";
import { inOrder, type Looked, notLookedAt } from "./look.ts";

/**
 * What the VM has of its host, what all VMs have, and what is left to the host: cores on which
 * their vCPUs may run, and memory. It states, as the guides ask, and judges nothing: a host may be
 * left with little on purpose (120 of 128 cores and 1.5 of 2 TiB in NVIDIA's paper for B300).
 */
export function hostShare(subject: Subject): Looked {
  const { machine, workers, memoryByNode, topology } = subject;
  const cores = coresOf(subject);
  const neighbours = machine?.neighbours ?? null;
  const sizes = (machine?.nodes ?? topology?.nodes ?? []).map(({ memoryBytes }) => memoryBytes);
  const known = sizes.filter((bytes) => bytes !== null);
  const own = (workers ?? []).flatMap(({ allowedCpus }) => allowedCpus ?? []);
  if (cores === null || neighbours === null || workers === null || memoryByNode === null) {
    return notLookedAt;
  }
  if (own.length < workers.length || known.length < sizes.length || known.length === 0) {
    return notLookedAt;
  }
  const vms = neighbours.filter(({ isVm }) => isVm);
  const count = (lists: readonly string[]): number => {
    const cpus = unionAll(lists.map(setOf));
    return cores.filter((core) => meets(setOf(core), cpus)).length;
  };
  const [cpus, bytes] = [count(own), sum(memoryByNode.values())];
  const allCpus = count([...own, ...vms.flatMap(({ vcpus }) => vcpus.map((held) => held.cpus))]);
  const allBytes = bytes + sumOf(vms, ({ memory }) => sumOf(memory, (held) => held.bytes));
  const total = sum(known);
  return inOrder(
    `it has ${cpus} of ${cores.length} cores and ${formatBytes(bytes)} of ${formatBytes(total)}; ` +
      `with it ${vms.length + 1} VMs have ${allCpus} cores and ${formatBytes(allBytes)}, and the ` +
      `host keeps ${cores.length - allCpus} cores and ${formatBytes(Math.max(0, total - allBytes))}`,
  );
}

const meets = (one: IndexSet, other: IndexSet): boolean => !isDisjoint(one, other);
