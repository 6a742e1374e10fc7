import { setOf } from "../../set/list-format.ts";
import { indices } from "../../set/index-set.ts";
import { MiB } from "../../unit/bytes.ts";
import type { Guest, GuestCell } from "../guest.ts";

/**
 * The memory: one backend a cell, bound to its host nodes and allocated before the guest runs, so
 * that a node that is short of memory shows at once and not as pages elsewhere later.
 *
 * Huge pages come from memfd, which takes any size that the host has without a mounted file system.
 * The emulator's memory is not locked as a whole; VFIO pins the guest's by itself.
 *
 * @returns every backend before the first node, as QEMU asks for when nodes name their backends.
 */
export function memoryArguments({ cells, memoryBytes }: Guest): string[] {
  return [
    "-m",
    `size=${memoryBytes / MiB}M`,
    "-overcommit",
    "mem-lock=off",
    ...cells.flatMap((cell) => ["-object", JSON.stringify(backend(cell))]),
    ...cells.flatMap(({ id, cpus }) => ["-numa", node(id, cpus)]),
    ...cells.flatMap(({ id, distances }) =>
      (distances ?? []).flatMap((value, to) => ["-numa", `dist,src=${id},dst=${to},val=${value}`]),
    ),
  ];
}

/** Linux's names of the policies (mbind(2)). */
const policies = { strict: "bind", preferred: "preferred", interleave: "interleave" } as const;

function backend({ id, memoryBytes, hugepageBytes, memoryPolicy, memoryNodes }: GuestCell): object {
  const pages =
    hugepageBytes === null
      ? { "qom-type": "memory-backend-ram" }
      : { "qom-type": "memory-backend-memfd", hugetlb: true, hugetlbsize: hugepageBytes };
  return {
    ...pages,
    id: `ram-node${id}`,
    size: memoryBytes,
    prealloc: true,
    "host-nodes": indices(setOf(memoryNodes)),
    policy: policies[memoryPolicy],
  };
}

function node(id: number, cpus: string): string {
  const runs = cpus.split(",").map((run) => `cpus=${run}`);
  return `node,nodeid=${id},${runs.join(",")},memdev=ram-node${id}`;
}
