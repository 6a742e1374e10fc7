import { readDocument } from "@evenkeel/contract/read-document.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import { explain } from "@evenkeel/core/explain/explain.ts";
import { contractOf } from "@evenkeel/core/guest/contract/from-guest.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { ncclXml } from "@evenkeel/core/guest/nccl/print.ts";
import { preflight } from "@evenkeel/core/preflight/preflight.ts";
import { cleanVm } from "@evenkeel/core/testing/explain/clean.ts";
import { startOf } from "@evenkeel/core/testing/preflight/facts-for.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { checkGuest } from "@evenkeel/core/verify/check-guest.ts";
import { readCgroups } from "@evenkeel/host/cgroup/read-cgroups.ts";
import { readKernel } from "@evenkeel/host/evidence/read-host.ts";
import { contractFile } from "@evenkeel/host/guest-check/contract-file.ts";
import { readGuest } from "@evenkeel/host/guest-check/read-guest.ts";
import { readHoldings } from "@evenkeel/host/holding/read-holdings.ts";
import { readCpus } from "@evenkeel/host/machine-evidence/read-cpus.ts";
import { readNodes } from "@evenkeel/host/machine-evidence/read-nodes.ts";
import { readMachineSettings } from "@evenkeel/host/machine-evidence/read-settings.ts";
import { readFacts } from "@evenkeel/host/preflight/read-facts.ts";
import { findProcess } from "@evenkeel/host/procfs/find-process.ts";
import { listensOn } from "@evenkeel/host/procfs/listening.ts";
import { readOpenFiles } from "@evenkeel/host/procfs/open-files.ts";
import { readThreads } from "@evenkeel/host/procfs/read-threads.ts";
import { generateSysfs } from "@evenkeel/host/testing/sysfs/generate-sysfs.ts";
import { memoryTree } from "@evenkeel/host/tree/memory-tree.ts";
import type { Tree } from "@evenkeel/host/tree/tree.ts";
import { mustBeDocument } from "./must-be-document.ts";
import { indexed, mutatedTree, type TreeSample } from "./mutate-tree.ts";
import { machines } from "./samples.ts";
import type { Target } from "./target.ts";

/** A target for a reader of the kernel's files, with one sample. */
function treeTarget(
  name: string,
  sample: () => TreeSample,
  read: (tree: Tree) => string | Promise<string>,
): Target {
  return {
    name,
    async prepare() {
      const original = indexed(sample());
      return (random) => {
        const { files, links } = mutatedTree(original, random);
        return {
          read: () => read(memoryTree(files, links, "mutated")),
          input: () => JSON.stringify({ files: [...files], links: [...links] }),
        };
      };
    },
  };
}

const uuid = "11111111-2222-3333-4444-555555555555";
const socket = "/run/evenkeel/monitor";

/** Processes of a host: an emulator, one that looks like it, and others. */
function processes(): TreeSample {
  const files = new Map<string, string>([
    ["/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nlibvirt-qemu:x:64055:108::/:/bin/false\n"],
    ["/run/libvirt/qemu/llm-a.pid", "4711\n"],
    [
      "/proc/self/net/unix",
      "Num       RefCount Protocol Flags    Type St Inode Path\n" +
        `ffff8881: 00000002 00000000 00010000 0001 01 30001 ${socket}\n` +
        "ffff8882: 00000003 00000000 00000000 0001 03 30002\n",
    ],
  ]);
  const links = new Map<string, string>();
  for (const [pid, parent, uid, program, words] of [
    [4711, 1, 64055, "qemu-system-x86_64", `-name guest=llm-a,debug-threads=on -uuid ${uuid}`],
    [4712, 4711, 64055, "qemu-system-x86_64", `-name llm-a -uuid ${uuid}`],
    [4713, 1, 1000, "qemu-lookalike", `-uuid ${uuid} -qmp unix:${socket},server=on`],
    [4714, 1, 0, "sleep", "100"],
  ] as const) {
    const line = `/usr/bin/${program} ${words} `;
    files.set(`/proc/${pid}/cmdline`, line.replaceAll(" ", "\0"));
    files.set(`/proc/${pid}/statm`, "9 1 1 1 0 1 0\n");
    files.set(`/proc/${pid}/stat`, `${pid} (a) b) S ${parent} ${"1 ".repeat(40)}\n`);
    files.set(`/proc/${pid}/status`, `Name:\tqemu\nUid:\t${`${uid}\t`.repeat(4).trim()}\n`);
    links.set(`/proc/${pid}/exe`, `/usr/bin/${program}`);
    links.set(`/proc/${pid}/fd/3`, "socket:[30001]");
    links.set(`/proc/${pid}/fd/4`, "/dev/vfio/40");
    links.set(`/proc/${pid}/fd/5`, "/dev/nvidia0");
  }
  return { files, links };
}

const process = treeTarget("process", processes, (tree) => {
  const search = findProcess(tree, { name: "llm-a", uuid, record: null, pidFile: "/run/pid" });
  if (search.kind !== "found" || search.record === null) return search.kind;
  const { record } = search;
  const again = findProcess(tree, { name: "llm-a", uuid, record, pidFile: null });
  const listens = listensOn(tree, record.pid, socket);
  return `${again.kind} again, ${listens ? "listens" : "does not listen"}`;
});

const plan = planOf({
  cells: [{ cores: 1, pageBytes: 2 ** 30, devices: [{ address: "0000:00:01.0" }] }, { cores: 1 }],
});

/** A host with disks, hugetlbfs, cgroups and the users of a device. */
function host(): TreeSample {
  const machine = machines()[1];
  if (machine === undefined) throw new Error("there is no second machine");
  const generated = generateSysfs(machine);
  const running = processes();
  const files = new Map([...textsOf(generated.files), ...running.files]);
  const links = new Map([...generated.links, ...running.links]);
  const set = (path: string, text: string): void => void files.set(path, text);
  const address = machine.pci.find((one) => one.class.startsWith("03"))?.address ?? "";
  const device = `/sys/devices/pci0000:00/${plan.devices[0]?.address}`;
  for (const [path, target] of generated.links) {
    if (path === `/sys/bus/pci/devices/${address}`) links.set(path, target);
  }
  links.set(
    `/sys/bus/pci/devices/${plan.devices[0]?.address}`,
    `../../../devices/${device.slice(13)}`,
  );
  set(`${device}/class`, "0x030200\n");
  set(`${device}/vfio-dev/vfio0/dev`, "1\n");
  set(`${device}/net/eth0/flags`, "0x1003\n");
  set(`${device}/block/sda/sda1/holders/dm-0`, "");
  set("/sys/kernel/iommu_groups/40/type", "DMA\n");
  links.set(`${device}/iommu_group`, "../../../kernel/iommu_groups/40");
  links.set("/sys/kernel/iommu_groups/40/devices/0000:00:01.0", `../../../../..${device.slice(4)}`);
  links.set(`${device}/driver`, "../../../bus/pci/drivers/nvidia");
  links.set("/sys/class/block/sda1", `../..${device.slice(4)}/block/sda/sda1`);
  links.set("/sys/class/iommu/dmar0", "../../devices/virtual/iommu/dmar0");
  set(
    "/proc/self/mounts",
    "hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n/dev/sda1 / ext4 rw 0 0\n",
  );
  set("/proc/swaps", "Filename Type Size Used Priority\n/dev/sda1 partition 1 0 -2\n");
  set("/proc/self/status", "Name:\tnode\nCapEff:\t0000000000000000\n");
  set("/proc/self/limits", "Max locked memory         8388608              8388608   bytes\n");
  set("/proc/self/cgroup", "3:cpuset:/vm\n0::/user.slice/a\n");
  set("/sys/fs/cgroup/cpuset.cpus.effective", "0-7\n");
  set("/sys/fs/cgroup/cpuset.mems.effective", "0-1\n");
  set("/sys/fs/cgroup/machine.slice/cpuset.cpus.effective", "0-3\n");
  set("/proc/cpuinfo", "processor\t: 0\naddress sizes\t: 46 bits physical, 48 bits virtual\n");
  set("/proc/sys/kernel/numa_balancing", "1\n");
  set("/sys/kernel/mm/ksm/run", "1\n");
  return { files, links };
}

function textsOf(files: ReadonlyMap<string, string | Uint8Array>): ReadonlyMap<string, string> {
  const text = (content: string | Uint8Array): string =>
    typeof content === "string" ? content : new TextDecoder("latin1").decode(content);
  return new Map([...files].map(([path, content]) => [path, text(content)]));
}

const facts = treeTarget("preflight", host, async (tree) => {
  const versions = { libvirt: null, qemu: null, refusal: null };
  const found = await readFacts(tree, {
    plan,
    uuid,
    via: "qemu",
    domains: null,
    holdings: readHoldings(tree, [], []),
    open: readOpenFiles(tree),
    versions,
    firmwareFile: null,
  });
  const { problems } = preflight({ ...startOf(plan), via: "qemu" }, found);
  return `${problems.length} problems`;
});

const guest = guestFromPlan(plan);

/** A guest with its contract and the files of NCCL. */
function guestFiles(): TreeSample {
  const machine = machines()[1];
  if (machine === undefined) throw new Error("there is no second machine");
  const { files, links } = generateSysfs(machine);
  const own: readonly (readonly [string, string])[] = [
    [contractFile, JSON.stringify(contractOf(guest), null, 1)],
    [
      "/etc/nccl.conf",
      "NCCL_DEBUG_FILE=/tmp/n.%h.%p\nNCCL_TOPO_FILE=/etc/evenkeel/nccl-topology.xml\n",
    ],
    ["/tmp/n.a.1", "GPU Direct RDMA Disabled for GPU ca000 / HCA 0 (distance 7 > 4)\n"],
    ["/tmp/n.a.2", "Channel 00 : 0[0] -> 1[0] [receive] via NET/IB/0/GDRDMA\n"],
    ["/proc/cpuinfo", "processor\t: 0\nmodel name\t: x\nflags\t: avx2 topoext hypervisor\n\n"],
    ["/etc/evenkeel/nccl-topology.xml", ncclXml(guest)],
    ["/var/run/nvidia-topologyd/virtualTopology.xml", ncclXml(guest)],
    ["/proc/sys/kernel/osrelease", "6.1.0\n"],
  ];
  return { files: new Map([...textsOf(files), ...own]), links };
}

const guestCheck = treeTarget("guest", guestFiles, (tree) => {
  const report = readGuest(tree, {});
  mustBeDocument(report, "GuestReport");
  const text = tree.readText(contractFile);
  const contract = text === null ? contractOf(guest) : contractIn(text);
  const verdict = checkGuest(contract, report, "2026-01-31T12:00:00.000Z");
  mustBeDocument(verdict, "Verdict");
  return `${verdict.findings.length} findings`;
});

/** The contract that QEMU passes, or the right one where that is refused. */
function contractIn(text: string): ReturnType<typeof contractOf> {
  try {
    return readDocument(text, contractFile, "GuestContract");
  } catch (error) {
    if (error instanceof EvenkeelError) return contractOf(guest);
    throw error;
  }
}

/** How a machine is set, and the cgroups of a process in both versions. */
function settings(): TreeSample {
  const cpu = "/sys/devices/system/cpu";
  const files = new Map<string, string>([
    [`${cpu}/online`, "0-1\n"],
    [`${cpu}/smt/control`, "on\n"],
    [`${cpu}/vulnerabilities/l1tf`, "Mitigation: PTE Inversion; VMX: cache flushes\n"],
    [`${cpu}/cpufreq/boost`, "0\n"],
    [`${cpu}/intel_pstate/max_perf_pct`, "60\n"],
    ["/proc/cmdline", "root=/dev/sda1 iommu=pt isolcpus=2-9 -- quiet\n"],
    ["/proc/version", "Linux version 6.1.0 (a@b) (gcc) #1 SMP\n"],
    ["/proc/cpuinfo", "processor\t: 0\nmicrocode\t: 0xd0003f5\n"],
    ["/proc/2/comm", "kthreadd\n"],
    ["/proc/4711/comm", "numad\n"],
    ["/proc/4711/task/4711/cgroup", "4:cpu,cpuacct:/pod\n3:cpuset:/pod/c\n0::/pod\n"],
    ["/proc/sys/vm/zone_reclaim_mode", "1\n"],
    ["/proc/sys/kernel/numa_balancing", "1\n"],
    ["/sys/kernel/mm/ksm/run", "1\n"],
    ["/sys/module/kvm/parameters/nx_huge_pages", "Y\n"],
    ["/sys/devices/system/node/node0/meminfo", "Node 0 MemTotal: 64 kB\nNode 0 MemFree: 8 kB\n"],
    ["/sys/devices/system/node/node0/numastat", "numa_hit 9\nnuma_foreign 3\n"],
    ["/sys/fs/cgroup/cpuset/pod/c/cpuset.cpus", "2-3\n"],
    ["/sys/fs/cgroup/cpu/pod/cpu.cfs_quota_us", "100000\n"],
    ["/sys/fs/cgroup/cpu/pod/cpu.cfs_period_us", "100000\n"],
    ["/sys/fs/cgroup/cpu/pod/cpu.shares", "2\n"],
    ["/sys/fs/cgroup/cpu/pod/cpu.stat", "nr_periods 9\nnr_throttled 4\nthrottled_time 90\n"],
    ["/sys/fs/cgroup/pod/memory.max", "4096\n"],
    ["/sys/fs/cgroup/pod/memory.current", "4096\n"],
    ["/sys/fs/cgroup/pod/memory.events", "low 0\nhigh 3\nmax 40\n"],
    ["/sys/fs/cgroup/pod/memory.stat", "anon 7\nfile 2\nshmem 1\n"],
  ]);
  for (const own of [`${cpu}/cpu0`, `${cpu}/cpu1`]) {
    for (const [name, text] of [
      ["acpi_cppc/highest_perf", "196"],
      ["acpi_cppc/nominal_perf", "150"],
      ["cpufreq/scaling_driver", "acpi-cpufreq"],
      ["cpufreq/scaling_governor", "powersave"],
      ["cpufreq/scaling_min_freq", "800000"],
      ["cpufreq/scaling_max_freq", "2000000"],
      ["cpufreq/cpuinfo_max_freq", "3800000"],
      ["cpuidle/state1/name", "C6"],
      ["cpuidle/state1/latency", "170"],
      ["cpuidle/state1/disable", "0"],
      ["cpuidle/state1/usage", "4711"],
      ["power/pm_qos_resume_latency_us", "0"],
    ] as const) {
      files.set(`${own}/${name}`, `${text}\n`);
    }
  }
  return { files, links: new Map() };
}

/** Whatever the files say, they make a document that explains itself. */
const machineSettings = treeTarget("machine-settings", settings, (tree) => {
  const clean = cleanVm(0);
  const { machine } = clean;
  if (machine === null) throw new Error("the clean VM is on no machine");
  const evidence: Evidence = {
    ...clean,
    kernel: readKernel(tree),
    cgroups: readCgroups(tree, readThreads(tree, 4711, null, null)?.cgroups ?? []),
    machine: {
      ...machine,
      settings: readMachineSettings(tree),
      cpus: readCpus(tree),
      nodes: readNodes(tree),
    },
  };
  mustBeDocument(evidence, "Evidence");
  return `${explain(evidence, cleanVm(1)).differences.length} differences`;
});

export const hostTargets: readonly Target[] = [process, facts, guestCheck, machineSettings];
