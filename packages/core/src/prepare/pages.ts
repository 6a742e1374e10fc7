import type { HostPolicy } from "../request/host-policy.ts";
import type { Machine, MemoryNode, Topology } from "../topology/topology.ts";
import { advice, type Command, type Remedy, writeFile } from "../remedy/remedy.ts";
import { amountOf } from "../text/amount.ts";
import { formatBytes, GiB, KiB } from "../unit/bytes.ts";
import { sumOf } from "../unit/sum.ts";
import type { Need } from "./preparation.ts";
import type { MemoryTaken } from "./room.ts";
import { type HostSetting, tellsSnapshot } from "./setting.ts";

/** The huge pages of one size that a node has to have. */
export interface NodePages {
  readonly node: number;
  readonly sizeBytes: number;
  readonly pages: number;
}

/** The huge pages that the VMs take, on every node that has some, by size and node. */
export function pagesTaken(topology: Topology, memory: MemoryTaken): readonly NodePages[] {
  return memory.sizes.flatMap((sizeBytes) =>
    topology.nodes.flatMap(({ id }): NodePages[] => {
      const pages = Math.ceil(memory.bytes(id, sizeBytes) / sizeBytes);
      return pages === 0 ? [] : [{ node: id, sizeBytes, pages }];
    }),
  );
}

/** Huge pages by node, and the base memory that they leave. */
export function pageNeeds(
  topology: Topology,
  { reserved }: HostPolicy,
  memory: MemoryTaken,
  setting: HostSetting,
): readonly Need[] {
  const wanted = pagesTaken(topology, memory);
  return topology.nodes.flatMap((node) => [
    ...baseNeeds(node, reserved.memoryPerNodeBytes, memory, wanted),
    ...wanted
      .filter((one) => one.node === node.id)
      .map((one) => hugepageNeed(one, node, topology.machine, setting)),
  ]);
}

function hugepageNeed(
  { node: id, sizeBytes, pages }: NodePages,
  node: MemoryNode,
  machine: Machine,
  setting: HostSetting,
): Need {
  const total = totalOf(node, sizeBytes);
  const common = {
    code: "hugepages",
    required: true,
    subject: `node ${id}`,
    needs: `${amountOf(pages, "huge page")} of ${formatBytes(sizeBytes)}`,
    has: total === null ? null : `${total} of ${formatBytes(sizeBytes)}`,
  } as const;
  if (total !== null && total >= pages) {
    return { ...common, state: "there", remedy: null, tells: null };
  }
  return {
    ...common,
    state: total === null ? "unknown" : "missing",
    remedy: pagesRemedy({ node: id, sizeBytes, pages }, node, machine, setting),
    tells: total === null ? tellsSnapshot : null,
  };
}

/** How a node gets its pages: at once where the kernel has the size, and at every boot. */
function pagesRemedy(
  wanted: NodePages,
  node: MemoryNode,
  machine: Machine,
  setting: HostSetting,
): Remedy {
  const { node: id, sizeBytes, pages } = wanted;
  if (machine.architecture === "aarch64" && machine.pageBytes === 64 * KiB && sizeBytes === GiB) {
    // Documentation/arch/arm64/hugetlbpage.rst: 2 MiB, 512 MiB and 16 GiB.
    return advice(null, "Arm with base pages of 64 KiB has none of 1 GiB: ask for pages of 2 MiB.");
  }
  const lasting = lastingPages(wanted, setting);
  const file = poolFile(id, sizeBytes);
  const total = totalOf(node, sizeBytes);
  // The kernel lists every size that it has. The boot line makes it have another, if the CPU does.
  const others = node.hugepages ?? [];
  if (others.length > 0 && others.every((pool) => pool.sizeBytes !== sizeBytes)) {
    const text = `Boot with the boot line above: the kernel has no pages of ${formatBytes(sizeBytes)} yet.`;
    return { text, argv: lasting === null ? null : [lasting], when: "host-reboot", undo: null };
  }
  const late =
    sizeBytes >= GiB
      ? "Pages of 1 GiB can be had at run time only while memory is not in pieces, so the boot line is the sure way."
      : "The boot line keeps them over a reboot.";
  const kept = lasting === null ? late : "The file keeps them over a reboot.";
  return {
    text: `Set them apart at once. ${kept}`,
    argv: [writeFile(file, `${pages}`), ...(lasting === null ? [] : [lasting])],
    when: "live",
    undo: total === null ? null : [writeFile(file, `${total}`)],
  };
}

/** The node's attribute: https://docs.kernel.org/admin-guide/mm/hugetlbpage.html */
const poolFile = (node: number, sizeBytes: number): string =>
  `/sys/devices/system/node/node${node}/hugepages/hugepages-${sizeBytes / KiB}kB/nr_hugepages`;

/**
 * For a kernel that takes no pages by node on its command line: systemd writes the number at every
 * boot, before libvirt starts (tmpfiles.d(5)).
 */
function lastingPages(
  { node, sizeBytes, pages }: NodePages,
  { kernelRelease }: HostSetting,
): Command | null {
  if (takesPagesByNode(kernelRelease) !== false) return null;
  const name = `/etc/tmpfiles.d/evenkeel-node${node}-${sizeBytes / KiB}kB.conf`;
  return writeFile(name, `w ${poolFile(node, sizeBytes)} - - - - ${pages}`);
}

/**
 * Whether a kernel takes `hugepages=0:N,1:M`, as from Linux 5.16 on (commit b5389086ad7b); null
 * where nobody told the release.
 */
export function takesPagesByNode(release: string | null): boolean | null {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})/.exec(release ?? "") ?? [];
  if (major === undefined || minor === undefined) return null;
  return Number(major) > 5 || (Number(major) === 5 && Number(minor) >= 16);
}

function totalOf(node: MemoryNode, sizeBytes: number): number | null {
  if (node.hugepages === null) return null;
  const pool = node.hugepages.find((one) => one.sizeBytes === sizeBytes);
  return pool === undefined ? 0 : pool.total;
}

/**
 * The memory that has to stay outside huge pages: what VMs without them take, and what the host
 * keeps. Pools that are larger than any flavor needs are in the way where too little is left.
 */
function baseNeeds(
  node: MemoryNode,
  keptBytes: number,
  memory: MemoryTaken,
  wanted: readonly NodePages[],
): readonly Need[] {
  const bytes = memory.bytes(node.id, null);
  const own = wanted.filter((one) => one.node === node.id);
  const grown = own.filter(({ sizeBytes, pages }) => (totalOf(node, sizeBytes) ?? pages) < pages);
  if (node.memoryBytes === null || (bytes === 0 && grown.length === 0)) return [];
  const common = {
    code: "base-memory",
    required: true,
    subject: `node ${node.id}`,
    needs: `${formatBytes(bytes + keptBytes)} outside huge pages, of it ${formatBytes(keptBytes)} for the host`,
  } as const;
  if (node.hugepages === null) {
    return [{ ...common, state: "unknown", has: null, remedy: null, tells: tellsSnapshot }];
  }
  const pools = node.hugepages;
  const sizes = new Set([...pools, ...own].map(({ sizeBytes }) => sizeBytes));
  const bySize = [...sizes].map((sizeBytes) => {
    const taken = own.filter((one) => one.sizeBytes === sizeBytes);
    const set = pools.filter((one) => one.sizeBytes === sizeBytes);
    return {
      sizeBytes,
      pages: sumOf(taken, ({ pages }) => pages),
      total: sumOf(set, ({ total }) => total),
    };
  });
  const left =
    node.memoryBytes -
    sumOf(bySize, ({ sizeBytes, pages, total }) => sizeBytes * Math.max(pages, total));
  const has = `${formatBytes(Math.max(0, left))} outside huge pages`;
  if (left >= bytes + keptBytes) {
    return [{ ...common, state: "there", has, remedy: null, tells: null }];
  }
  const excess = bySize.filter(({ pages, total }) => total > pages);
  const remedy: Need["remedy"] = {
    text: "First give back the huge pages that no flavor takes, and take them off the boot line.",
    argv: excess.map(({ sizeBytes, pages }) => writeFile(poolFile(node.id, sizeBytes), `${pages}`)),
    when: "live",
    undo: excess.map(({ sizeBytes, total }) => writeFile(poolFile(node.id, sizeBytes), `${total}`)),
  };
  return [{ ...common, state: "missing", has, remedy, tells: null }];
}
