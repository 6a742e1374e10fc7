import type { HeldCpus } from "@evenkeel/core/plan/holding.ts";
import { roleByName, parseStatus } from "../procfs/parse-task.ts";
import { qemuOptions } from "../qemu/command-line.ts";
import { readLine } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";
import { size } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import type { Emulator } from "./emulators.ts";

/**
 * The CPUs on which the kernel may run a VM's vCPUs, by the affinity of its threads. Of a process
 * without a VM, the CPUs to which it has pinned a thread each: its other threads need none of their
 * own.
 *
 * QEMU names the threads of vCPUs where it is told to, as libvirt does. Without names, any thread
 * may be one: as many threads as the VM has vCPUs are counted, those with the fewest CPUs first.
 */
export function heldCpus(tree: Tree, emulator: Emulator): readonly HeldCpus[] {
  const folder = `/proc/${emulator.pid}/task`;
  const threads = tree.list(folder).flatMap((tid) => {
    const { allowedCpus } = parseStatus(tree.readText(`${folder}/${tid}/status`) ?? "");
    const name = readLine(tree, `${folder}/${tid}/comm`);
    if (allowedCpus === null) return [];
    return [{ cpus: allowedCpus, isVcpu: name !== null && roleByName(name)?.kind === "vcpu" }];
  });
  if (!emulator.runsVm) return pinnedOnce(threads.map(({ cpus }) => cpus));
  const named = threads.filter(({ isVcpu }) => isVcpu);
  const sets = (named.length > 0 ? named : threads).map(({ cpus }) => cpus);
  const count = named.length > 0 ? named.length : (vcpuCount(emulator) ?? sets.length);
  const counted = sets.toSorted((a, b) => size(setOf(a)) - size(setOf(b))).slice(0, count);
  return [...Map.groupBy(counted, (cpus) => cpus)].map(([cpus, { length }]) => ({
    count: length,
    cpus,
  }));
}

function pinnedOnce(sets: readonly string[]): readonly HeldCpus[] {
  const single = sets.filter((cpus) => size(setOf(cpus)) === 1);
  return [...new Set(single)].map((cpus) => ({ count: 1, cpus }));
}

/** KVM has an open file for each vCPU. Otherwise the command line says how many there are. */
function vcpuCount({ files, arguments: words }: Emulator): number | null {
  const open = (files ?? []).filter((file) => file.startsWith("anon_inode:kvm-vcpu")).length;
  if (open > 0) return open;
  const options = qemuOptions(words).findLast(({ name }) => name === "smp")?.options;
  const text = options?.get("cpus")?.[0] ?? "";
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  // A QEMU that is not told has one.
  return options === undefined && /qemu/.test(words[0] ?? "") ? 1 : null;
}
