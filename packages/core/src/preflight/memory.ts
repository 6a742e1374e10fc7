import { isHugepage, type Plan } from "../plan/plan.ts";
import { advice, type Remedy, writeFile } from "../remedy/remedy.ts";
import type { HugepagePool } from "../topology/topology.ts";
import { formatBytes, KiB } from "../unit/bytes.ts";
import { at } from "../unit/list.ts";
import type { HostFacts, NodeFacts } from "./facts.ts";
import type { PreflightCheck } from "./start.ts";
import type { PreflightProblem } from "./problem.ts";
import { sumOf } from "../unit/sum.ts";

/**
 * Memory by node and page size. All of it is allocated before the guest runs, so a start fails if
 * it is not free now; free huge pages on one node do not help on another.
 */
export const checkMemory: PreflightCheck = ({ plan, via }, facts) => {
  const wanted = wantedMemory(plan);
  return [
    ...wanted.flatMap((one) =>
      isHugepage(one.pageBytes) ? hugepageProblem(one, facts) : memoryProblem(one, facts),
    ),
    ...(via === "libvirt" ? hugetlbfsProblems(wanted, facts) : []),
  ];
};

interface Wanted {
  readonly node: number;
  readonly pageBytes: number;
  readonly bytes: number;
}

function wantedMemory({ cells }: Plan): readonly Wanted[] {
  const parts = cells.flatMap(({ pageBytes, memoryOnNodes }) =>
    memoryOnNodes.map(({ node, bytes }) => ({ node, pageBytes, bytes })),
  );
  const alike = Map.groupBy(parts, ({ node, pageBytes }) => `${node} ${pageBytes}`);
  return [...alike.values()].map((own) => ({
    ...at(own, 0),
    bytes: sumOf(own, ({ bytes }) => bytes),
  }));
}

const nodeOf = ({ nodes }: HostFacts, wanted: number): NodeFacts | undefined =>
  nodes.find(({ id }) => id === wanted);

/** https://docs.kernel.org/admin-guide/mm/hugetlbpage.html, the attributes of a node. */
function hugepageProblem({ node, pageBytes, bytes }: Wanted, facts: HostFacts): PreflightProblem[] {
  const needs = Math.ceil(bytes / pageBytes);
  const pools = nodeOf(facts, node)?.hugepages ?? null;
  const pool = pools?.find(({ sizeBytes }) => sizeBytes === pageBytes);
  const free = pools === null ? null : pool === undefined ? 0 : pool.free;
  if (free === null || free >= needs) return [];
  const file =
    `/sys/devices/system/node/node${node}/hugepages/` +
    `hugepages-${pageBytes / KiB}kB/nr_hugepages`;
  const pages = `huge pages of ${formatBytes(pageBytes)}`;
  return [
    {
      code: "hugepages-not-free",
      severity: "error",
      subject: `node ${node}`,
      needs: `${needs} ${pages}`,
      has: `${free} free`,
      remedy: morePages(pool, needs - free, `${pages} on node ${node}`, file),
    },
  ];
}

/** A pool that the kernel does not have is made at boot, as no file of it can be written. */
function morePages(
  pool: HugepagePool | undefined,
  missing: number,
  pages: string,
  file: string,
): Remedy {
  if (pool === undefined) {
    return advice("host-reboot", `Boot the host with ${pages} (hugepagesz=, hugepages=).`);
  }
  return {
    text: `Set apart ${missing} more ${pages}.`,
    argv: [writeFile(file, `${pool.total + missing}`)],
    when: "live",
    undo: [writeFile(file, `${pool.total}`)],
  };
}

function memoryProblem({ node, bytes }: Wanted, facts: HostFacts): PreflightProblem[] {
  const available = nodeOf(facts, node)?.availableBytes ?? null;
  if (available === null || available >= bytes) return [];
  return [
    {
      code: "memory-not-free",
      severity: "error",
      subject: `node ${node}`,
      needs: formatBytes(bytes),
      has: `${formatBytes(available)} free or in caches`,
      remedy: advice(
        "live",
        `Stop what holds the memory of node ${node}; numastat -m shows what it is.`,
      ),
    },
  ];
}

/** libvirt has QEMU take huge pages from a mounted hugetlbfs; QEMU alone takes them by memfd. */
function hugetlbfsProblems(
  wanted: readonly Wanted[],
  { hugetlbfsBytes }: HostFacts,
): PreflightProblem[] {
  if (hugetlbfsBytes === null) return [];
  const sizes = [...new Set(wanted.map(({ pageBytes }) => pageBytes))];
  const missing = sizes.filter((size) => isHugepage(size) && !hugetlbfsBytes.includes(size));
  return missing.map((size): PreflightProblem => {
    const folder = `/dev/hugepages-${size / KiB}kB`;
    return {
      code: "hugetlbfs-not-mounted",
      severity: "error",
      subject: `pages of ${formatBytes(size)}`,
      needs: `a hugetlbfs with pagesize=${size / KiB}K`,
      has: "none is mounted",
      remedy: {
        text: `Mount a hugetlbfs for pages of ${formatBytes(size)}, then restart libvirt, which looks for it when it starts.`,
        argv: [
          ["mkdir", "-p", folder],
          ["mount", "-t", "hugetlbfs", "-o", `pagesize=${size / KiB}K`, "none", folder],
        ],
        when: "live",
        undo: [
          ["umount", folder],
          ["rmdir", folder],
        ],
      },
    };
  });
}
