import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Host } from "./host.ts";

/** Guest memory on one host node, in pages of one size. */
export interface NodePages {
  readonly node: number;
  readonly pageBytes: number;
  readonly bytes: number;
}

/**
 * Reads where a QEMU's guest memory is: from the mappings in `numa_maps` that are bound to nodes,
 * which only guest memory is.
 */
export async function guestPages(host: Host, pid: number): Promise<readonly NodePages[]> {
  const found = new Map<string, NodePages>();
  for (const line of (await host.read(`/proc/${pid}/numa_maps`)).split("\n")) {
    if (!/ (bind|prefer|interleave)/.test(line)) continue;
    const size = /kernelpagesize_kB=(\d+)/.exec(line)?.[1];
    // For a mapping without pages the kernel prints neither page size nor nodes.
    if (size === undefined) continue;
    const pageBytes = Number(size) * 1024;
    for (const [, node, count] of line.matchAll(/ N(\d+)=(\d+)/g)) {
      const key = `${node} ${pageBytes}`;
      const known = found.get(key) ?? { node: Number(node), pageBytes, bytes: 0 };
      found.set(key, { ...known, bytes: known.bytes + Number(count) * pageBytes });
    }
  }
  return [...found.values()].toSorted((a, b) => a.node - b.node || a.pageBytes - b.pageBytes);
}

/** The guest memory that a plan with 2 MiB huge pages promises. */
export function plannedPages({ cells }: Plan): readonly NodePages[] {
  return cells.map(({ hostNode, memoryBytes }) => ({
    node: hostNode,
    pageBytes: 2 << 20,
    bytes: memoryBytes,
  }));
}

export interface Thread {
  readonly tid: number;
  readonly name: string;
  readonly cpus: string;
}

/** A process' threads, and the CPUs that each may run on. */
export async function threadsOf(host: Host, pid: number): Promise<readonly Thread[]> {
  const listed = await host.ok("/bin/sh", [
    "-c",
    'for t in /proc/"$1"/task/*; do echo "${t##*/}|$(cat $t/comm)|$(sed -n "s/^Cpus_allowed_list:\\t//p" $t/status)"; done',
    "threads",
    `${pid}`,
  ]);
  return listed
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [tid = "", name = "", cpus = ""] = line.split("|");
      return { tid: Number(tid), name, cpus };
    });
}
