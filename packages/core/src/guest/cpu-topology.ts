import type { Plan } from "../plan/plan.ts";
import { sum } from "../unit/sum.ts";

/** The sockets, cores and threads that a guest sees. */
export interface CpuTopology {
  readonly sockets: number;
  readonly coresPerSocket: number;
  readonly threadsPerCore: number;
}

/**
 * Sockets, cores and threads from the same cells that the NUMA nodes are made of, so that the two
 * never contradict each other: the guest's kernel drops a last-level cache or a package that lies
 * on two nodes, and with it what its scheduler knows (arch/x86/kernel/smpboot.c, `topology_sane`).
 *
 * QEMU numbers vCPUs threads first, then cores, then sockets, all sockets alike, and sockets ×
 * cores × threads must be the number of vCPUs. Since a plan numbers vCPUs core by core and cell by
 * cell, sockets of as many cores as the smallest cell has begin and end where cells do whenever
 * every cell is a multiple of it: equal cells are one socket each, and a cell of twice the smallest
 * is two. Otherwise (cells of 13 and 12 cores) only sockets of very few cores would fit the cells,
 * and every socket is a cache domain to the scheduler; then all cores are in one socket that holds
 * several nodes, as under sub-NUMA clustering, and a note says so.
 *
 * Where a cell ends inside a core, its other thread would lie in the next cell: every vCPU is
 * then shown as a core.
 */
export function cpuTopology(
  { cells, threadsPerCore }: Pick<Plan, "cells" | "threadsPerCore">,
  note: (text: string) => void,
): CpuTopology {
  const whole = cells.every((cell) => cell.vcpus.length % threadsPerCore === 0);
  if (!whole) note("a cell ends inside a core, so every vCPU is shown as a core of its own");
  const threads = whole ? threadsPerCore : 1;
  const cores = cells.map((cell) => cell.vcpus.length / threads);
  const total = sum(cores);
  const smallest = Math.min(...cores);
  if (cores.every((count) => count % smallest === 0)) {
    return { sockets: total / smallest, coresPerSocket: smallest, threadsPerCore: threads };
  }
  note(
    `cells of ${cores.join(", ")} cores are no multiples of the smallest, so the guest sees one ` +
      `socket of ${total} cores that holds ${cells.length} nodes`,
  );
  return { sockets: 1, coresPerSocket: total, threadsPerCore: threads };
}
