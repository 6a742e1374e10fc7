import type { InterruptEvidence, LineSharer } from "@evenkeel/core/evidence/evidence.ts";
import { parseCpuset } from "../cgroup/parse.ts";
import type { Tree } from "../tree/tree.ts";
import { pciDirectory } from "../sysfs/pci.ts";
import { readIndex } from "../sysfs/values.ts";
import { shown } from "../text/shown.ts";
import { parseInterrupts, vfioDevice } from "./parse.ts";

/** More devices than share a line on any machine. */
const sharersMost = 64;

/**
 * The interrupts that VFIO has taken, by device. Each has the CPUs that it may go to and, since
 * Linux 4.14, the CPUs that it goes to. Null where `/proc/interrupts` cannot be read.
 * https://docs.kernel.org/core-api/irq/irq-affinity.html
 */
export function readVfioInterrupts(tree: Tree): ReadonlyMap<string, InterruptEvidence[]> | null {
  const text = tree.readText("/proc/interrupts");
  if (text === null) return null;
  const found = new Map<string, InterruptEvidence[]>();
  for (const { number, address, raisedCount, others } of parseInterrupts(text)) {
    const set = (name: string): string | null =>
      parseCpuset(tree.readText(`/proc/irq/${number}/${name}`));
    const own = found.get(address) ?? [];
    own.push({
      number,
      allowedCpus: set("smp_affinity_list"),
      effectiveCpus: set("effective_affinity_list"),
      raisedCount,
      sharedWith: others.slice(0, sharersMost).map((name) => sharer(tree, name)),
    });
    found.set(address, own);
  }
  return found;
}

/** Only VFIO's names tell which device it is, and so on which node. */
function sharer(tree: Tree, name: string): LineSharer {
  const address = vfioDevice(name);
  const node = address === null ? null : readIndex(tree, `${pciDirectory}/${address}/numa_node`);
  return { name: shown(name, 256) ?? "?", node };
}
