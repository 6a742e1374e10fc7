import { sumOf } from "../unit/sum.ts";
import { isHugepage, type Plan } from "./plan.ts";

/**
 * What a running VM really holds of a host, as the kernel and its hypervisor tell, whoever started
 * it. Plans say what was promised; this says what is in use, also by VMs that have no plan.
 */
export interface Holding {
  /** Its name in its hypervisor. */
  readonly name: string;
  /** The process of its emulator; null where it is not on this machine or cannot be seen. */
  readonly pid: number | null;
  /** The plan that it runs by, of those on its host; null if it runs by none of them. */
  readonly plan: Plan | null;
  /** Its vCPUs, by the CPUs on which the kernel may run them. */
  readonly vcpus: readonly HeldCpus[];
  /** Its memory, by node and size of page. What could not be read is missing. */
  readonly memory: readonly HeldMemory[];
  /** The PCI functions that are passed to it. */
  readonly devices: readonly string[];
}

/** Some vCPUs of a VM and the CPUs on which all of them may run, as a list. */
export interface HeldCpus {
  readonly count: number;
  readonly cpus: string;
}

/** Memory of a VM on one node in pages of one size. */
export interface HeldMemory {
  readonly node: number;
  readonly pageBytes: number;
  readonly bytes: number;
}

/**
 * The memory that a VM has and its plan does not. Base pages of a planned VM are left out, because
 * an emulator has some of its own beside the guest's memory.
 */
export function memoryBeyondPlan({ plan, memory }: Holding): readonly HeldMemory[] {
  if (plan === null) return memory;
  return memory.flatMap(({ node, pageBytes, bytes }) => {
    const cells = plan.cells.filter((cell) => cell.pageBytes === pageBytes);
    const parts = cells.flatMap((cell) => cell.memoryOnNodes.filter((part) => part.node === node));
    const more = bytes - sumOf(parts, (part) => part.bytes);
    return isHugepage(pageBytes) && more > 0 ? [{ node, pageBytes, bytes: more }] : [];
  });
}
