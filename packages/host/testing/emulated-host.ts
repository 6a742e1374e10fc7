import type { Tree } from "../src/tree/tree.ts";
import { treeOf } from "./sysfs/tree-of.ts";

/** A process that runs a VM, as the kernel shows it. */
export interface MadeEmulator {
  readonly pid: number;
  readonly name: string;
  readonly uuid: string;
  /** The CPUs that each vCPU thread may use. */
  readonly vcpus: readonly string[];
  /** Whether the threads of vCPUs have names of their own. */
  readonly named?: boolean;
  /** Bytes of memory by node, in pages of a size. */
  readonly memory?: readonly {
    readonly node: number;
    readonly pageKiB: number;
    readonly pages: number;
    /** The file that it is mapped from, and from where in it; none if left out. */
    readonly of?: { readonly inode: number; readonly offset: number };
  }[];
  /** Whether it has a VM of KVM open. */
  readonly kvm?: boolean;
  /** The IOMMU groups that it has open. */
  readonly groups?: readonly number[];
  /** The user that it belongs to; root by default. */
  readonly uid?: number;
  /** Base pages that it has in memory, as its status sums them up. */
  readonly baseKiB?: number;
  /** The program; null where it may not be read. */
  readonly program?: string | null;
}

const qemu = "/usr/bin/qemu-system-x86_64";

/** The tree of a machine on which these VMs run, with these functions in IOMMU groups. */
export function hostWith(
  emulators: readonly MadeEmulator[],
  groups: Readonly<Record<number, readonly string[]>> = {},
  more: Readonly<Record<string, string>> = {},
): Tree {
  const files: Record<string, string> = { "/sys/devices/system/cpu/online": "0-31\n", ...more };
  const links: Record<string, string> = {};
  for (const [group, functions] of Object.entries(groups)) {
    for (const address of functions) {
      files[`/sys/kernel/iommu_groups/${group}/devices/${address}`] = "";
    }
  }
  for (const one of emulators) Object.assign(files, filesOf(one));
  for (const { pid, program = qemu, kvm = false, groups: open = [] } of emulators) {
    if (program === null) continue;
    links[`/proc/${pid}/exe`] = program;
    const vm = kvm ? ["anon_inode:kvm-vm"] : [];
    const paths = ["/dev/null", ...vm, ...open.map((group) => `/dev/vfio/${group}`)];
    for (const [fd, path] of paths.entries()) links[`/proc/${pid}/fd/${fd}`] = path;
  }
  return treeOf(files, links);
}

function filesOf(made: MadeEmulator) {
  const { pid, name, uuid, vcpus, named = true, memory = [], uid = 0, baseKiB = 0 } = made;
  const folder = `/proc/${pid}`;
  const threads = vcpus.flatMap((cpus, i) => {
    const tid = pid + 1 + i;
    const comm = named ? `CPU ${i}/KVM` : "qemu-system-x86";
    return [
      [`${folder}/task/${tid}/comm`, `${comm}\n`],
      [`${folder}/task/${tid}/status`, `Name:\t${comm}\nCpus_allowed_list:\t${cpus}\n`],
    ];
  });
  const everywhere = "Name:\tqemu-system-x86\nCpus_allowed_list:\t0-31\n";
  const start = (i: number): number => 0x7f0000000000 + i * 2 ** 36;
  const maps = memory.map(({ node, pageKiB, pages, of }, i) => {
    const file = of === undefined ? "" : " file=/dev/hugepages/guest huge";
    return `${start(i).toString(16)} default${file} anon=${pages} N${node}=${pages} kernelpagesize_kB=${pageKiB}\n`;
  });
  const ranges = memory.map(({ pageKiB, pages, of }, i) => {
    const [first, last] = [start(i), start(i) + pages * pageKiB * 1024];
    const { inode = 0, offset = 0 } = of ?? {};
    const where = `${offset.toString(16).padStart(8, "0")} 00:0f ${inode}`;
    return `${first.toString(16)}-${last.toString(16)} rw-${of === undefined ? "p" : "s"} ${where}\n`;
  });
  return {
    [`${folder}/cmdline`]: [
      qemu,
      "-name",
      `guest=${name}`,
      "-uuid",
      uuid,
      "-smp",
      `${vcpus.length}`,
    ]
      .map((word) => `${word}\0`)
      .join(""),
    [`${folder}/status`]: `${everywhere}Uid:\t${`${uid}\t`.repeat(4).trim()}\nRssAnon:\t${baseKiB} kB\n`,
    [`${folder}/stat`]: `${pid} (q) S 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 4 0 ${pid} 1 1\n`,
    [`${folder}/numa_maps`]: maps.join(""),
    [`${folder}/maps`]: ranges.join(""),
    [`${folder}/statm`]: "1000 100 10 1 0 100 0\n",
    [`${folder}/task/${pid}/comm`]: "qemu-system-x86\n",
    [`${folder}/task/${pid}/status`]: everywhere,
    ...Object.fromEntries(threads),
  };
}
