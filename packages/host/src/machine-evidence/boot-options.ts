import { shown } from "../text/shown.ts";

/**
 * The options of the kernel's command line that decide how fast memory, CPUs and devices are. No
 * other is kept: a command line may hold passwords and addresses.
 * https://docs.kernel.org/admin-guide/kernel-parameters.html
 */
const listed: ReadonlySet<string> = new Set([
  // Devices.
  "amd_iommu",
  "arm_smmu.disable_bypass",
  "intel_iommu",
  "iommu",
  "iommu.passthrough",
  "iommu.strict",
  "pci",
  "pcie_acs_override",
  "pcie_aspm",
  "pcie_aspm.policy",
  "pcie_port_pm",
  "vfio_iommu_type1.allow_unsafe_interrupts",
  // CPUs, their clocks and their sleep.
  "amd_pstate",
  "clocksource",
  "cpufreq.default_governor",
  "cpufreq.off",
  "cpuidle.off",
  "idle",
  "intel_idle.max_cstate",
  "intel_pstate",
  "irqaffinity",
  "isolcpus",
  "maxcpus",
  "nohz",
  "nohz_full",
  "nosmt",
  "nr_cpus",
  "preempt",
  "processor.max_cstate",
  "rcu_nocb_poll",
  "rcu_nocbs",
  "skew_tick",
  "tsc",
  // Memory.
  "default_hugepagesz",
  "hugepages",
  "hugepagesz",
  "init_on_alloc",
  "init_on_free",
  "mem",
  "nohugeiomap",
  "numa",
  "numa_balancing",
  "page_poison",
  "slub_debug",
  "transparent_hugepage",
  "transparent_hugepage_shmem",
  // Mitigations.
  "gather_data_sampling",
  "itlb_multihit",
  "kvm.nx_huge_pages",
  "l1tf",
  "mds",
  "mitigations",
  "mmio_stale_data",
  "nopti",
  "nospectre_v1",
  "nospectre_v2",
  "pti",
  "retbleed",
  "spec_rstack_overflow",
  "spec_store_bypass_disable",
  "spectre_v2",
  "spectre_v2_user",
  "split_lock_detect",
  "srbds",
  "tsx",
  "tsx_async_abort",
]);

/** The parsers of the schema take no more. */
const optionsMax = 64;
const lengthMax = 256;

/**
 * The listed options of a command line, in its order and as they are written. The kernel takes `-`
 * for `_` in names, and passes what follows `--` on to the first process.
 */
export function bootOptions(commandLine: string): string[] {
  const words = commandLine.trim().split(/\s+/);
  const end = words.indexOf("--");
  return (end === -1 ? words : words.slice(0, end))
    .filter((word) => listed.has((word.split("=", 1)[0] ?? "").replaceAll("-", "_")))
    .flatMap((word) => shown(word.replaceAll('"', ""), lengthMax) ?? [])
    .slice(0, optionsMax);
}
