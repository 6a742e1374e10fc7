import type { InterruptEvidence } from "@evenkeel/core/evidence/evidence.ts";
import { parseCpuset } from "../cgroup/parse.ts";
import type { Tree } from "../tree/tree.ts";
import { parseInterrupts } from "./parse.ts";

/**
 * The interrupts that VFIO has taken, by device. Each has the CPUs that it may go to and, since
 * Linux 4.14, the CPUs that it goes to. Null where `/proc/interrupts` cannot be read.
 * https://docs.kernel.org/core-api/irq/irq-affinity.html
 */
export function readVfioInterrupts(tree: Tree): ReadonlyMap<string, InterruptEvidence[]> | null {
  const text = tree.readText("/proc/interrupts");
  if (text === null) return null;
  const found = new Map<string, InterruptEvidence[]>();
  for (const { number, address } of parseInterrupts(text)) {
    const set = (name: string): string | null =>
      parseCpuset(tree.readText(`/proc/irq/${number}/${name}`));
    const own = found.get(address) ?? [];
    own.push({
      number,
      allowedCpus: set("smp_affinity_list"),
      effectiveCpus: set("effective_affinity_list"),
    });
    found.set(address, own);
  }
  return found;
}
