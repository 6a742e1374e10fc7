import type { HypervisorAnswer } from "@evenkeel/core/preflight/facts.ts";
import type { HypervisorName } from "@evenkeel/core/instance/instance.ts";
import type { DomainFacts, HostFacts, NodeFacts } from "@evenkeel/core/preflight/facts.ts";
import { GiB, KiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { readKernel } from "../evidence/read-host.ts";
import { findProcess } from "../procfs/find-process.ts";
import type { Holdings } from "../holding/read-holdings.ts";
import type { OpenFiles } from "../procfs/open-files.ts";
import { readHugepages } from "../sysfs/hugepages.ts";
import { indexedNames, memoryField, readLine } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";
import { readCgroups } from "./read-cgroups.ts";
import { readDevices } from "./read-devices.ts";
import { readKvm } from "./read-kvm.ts";
import { lockableBytes } from "./read-memlock.ts";
import { vfioLoadable } from "./read-vfio.ts";
import { sum } from "@evenkeel/core/unit/sum.ts";

export interface FactsWanted {
  readonly plan: Plan;
  readonly uuid: string;
  readonly via: HypervisorName;
  /** The domains that libvirt lists; null where it was not asked or does not answer. */
  readonly domains: readonly DomainFacts[] | null;
  readonly holdings: Holdings;
  /** The open files of all processes. */
  readonly open: OpenFiles;
  readonly versions: HypervisorAnswer;
  /** The image of the guest's firmware, where this start names one. */
  readonly firmwareFile: string | null;
}

/**
 * Reads the facts that a start depends on from the host's tree; on the live machine, some by
 * trying.
 */
export async function readFacts(tree: Tree, wanted: FactsWanted): Promise<HostFacts> {
  const { plan, uuid, via, domains, holdings, open, versions, firmwareFile } = wanted;
  const { numaBalancing, ksmRun } = readKernel(tree);
  return {
    nodes: readNodes(tree),
    hugetlbfsBytes: readHugetlbfs(tree),
    onlineCpus: readLine(tree, "/sys/devices/system/cpu/online"),
    cgroups: readCgroups(tree, via),
    devices: readDevices(tree, plan, open),
    iommu:
      tree.realPath("/sys/class/iommu") === null ? null : tree.list("/sys/class/iommu").length > 0,
    vfioPci: plan.devices.some(({ profile }) => profile === null) ? await vfioLoadable(tree) : null,
    kvm: readKvm(tree),
    addressBits: readAddressBits(tree),
    lockableBytes: lockableBytes(tree),
    versions,
    firmware:
      firmwareFile === null
        ? null
        : { file: firmwareFile, present: tree.realPath(firmwareFile) !== null },
    numaBalancing,
    ksmRun,
    domains,
    ...holdings,
    emulatorPid: emulatorOf(tree, uuid),
  };
}

const nodeFolder = "/sys/devices/system/node";

/** A process that runs a VM of the UUID, or one of several that could. */
function emulatorOf(tree: Tree, uuid: string): number | null {
  const search = findProcess(tree, { name: null, uuid, record: null, pidFile: null });
  if (search.kind === "found") return search.process.pid;
  return search.kind === "none" ? null : (search.pids[0] ?? null);
}

/**
 * A node's available memory is its free memory and what its caches release at once: pages of files
 * that are not shared memory, and reclaimable slabs. A missing value counts as nothing available.
 * If the amount of shared memory is missing, all pages of files may be shared memory.
 */
function readNodes(tree: Tree): NodeFacts[] {
  const ids = indexedNames(tree, nodeFolder, "node");
  return ids.map((id) => {
    const meminfo = tree.readText(`${nodeFolder}/node${id}/meminfo`);
    const field = (name: string): number | null => memoryField(meminfo, name);
    const [free, files, shared] = [field("MemFree"), field("FilePages"), field("Shmem")];
    const cached = files === null || shared === null ? null : Math.max(0, files - shared);
    const known = [free, cached, field("SReclaimable")].filter((bytes) => bytes !== null);
    return {
      id,
      availableBytes: free === null ? null : sum(known),
      hugepages: readHugepages(tree, id, ids),
    };
  });
}

/** The page sizes of mounted hugetlbfs; a mount without a size has the default size. */
export function readHugetlbfs(tree: Tree): readonly number[] | null {
  const mounts = tree.readText("/proc/self/mounts") ?? tree.readText("/proc/mounts");
  if (mounts === null) return null;
  const usual = memoryField(tree.readText("/proc/meminfo"), "Hugepagesize");
  const units = new Map([
    ["K", KiB],
    ["M", MiB],
    ["G", GiB],
  ]);
  return mounts.split("\n").flatMap((line) => {
    const [, , type, options = ""] = line.split(" ");
    if (type !== "hugetlbfs") return [];
    const [, count, unit = ""] = /(?:^|,)pagesize=(\d{1,9})([KMG])/.exec(options) ?? [];
    const unitBytes = units.get(unit);
    return unitBytes === undefined ? (usual ?? []) : Number(count) * unitBytes;
  });
}

function readAddressBits(tree: Tree): number | null {
  const cpuinfo = tree.readText("/proc/cpuinfo") ?? "";
  const bits = /^address sizes\s*:\s*(\d{1,3}) bits physical/m.exec(cpuinfo)?.[1];
  return bits === undefined ? null : Number(bits);
}
