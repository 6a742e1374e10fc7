import type { CacheAllocation, Machine, Topology } from "@evenkeel/core/topology/topology.ts";
import { generateCpus, maskText } from "./generate-cpus.ts";
import { generateNodes } from "./generate-nodes.ts";
import { generatePci } from "./generate-pci.ts";
import { addLine, addLink, emptyTree, type GeneratedTree } from "./generated-tree.ts";

/**
 * Generates the `/sys` and `/proc` of a Linux 6.x kernel for a machine. It is a second opinion on
 * `readSysfs`, so it is written from the kernel's documentation
 * (Documentation/ABI/{stable,testing}/sysfs-*, Documentation/admin-guide/{cputopology,mm}, procfs)
 * and shares no code with the reader. A null value becomes a missing file, or the kernel's value
 * for unknown.
 */
export function generateSysfs(topology: Topology): GeneratedTree {
  const tree = emptyTree();
  generateMachine(tree, topology.machine);
  generateCpus(tree, topology);
  generateNodes(tree, topology);
  generatePci(tree, topology);
  if (topology.cacheAllocation !== null) generateResctrl(tree, topology.cacheAllocation);
  return tree;
}

/** `/sys/fs/resctrl`: Documentation/filesystems/resctrl.rst, "Info directory". */
function generateResctrl(tree: GeneratedTree, allocation: CacheAllocation): void {
  const { classes, ways, sharedWays, waysMin, bandwidthClasses } = allocation;
  const l3 = "/sys/fs/resctrl/info/L3";
  addLine(tree, `${l3}/num_closids`, classes);
  addLine(tree, `${l3}/cbm_mask`, maskText(ways));
  addLine(tree, `${l3}/min_cbm_bits`, waysMin);
  if (sharedWays !== null) addLine(tree, `${l3}/shareable_bits`, maskText(sharedWays));
  if (bandwidthClasses === null) return;
  addLine(tree, "/sys/fs/resctrl/info/MB/num_closids", bandwidthClasses);
}

function generateMachine(tree: GeneratedTree, machine: Machine): void {
  const dmi = "/sys/devices/virtual/dmi/id";
  if (machine.vendor !== null) addLine(tree, `${dmi}/sys_vendor`, machine.vendor);
  if (machine.product !== null) addLine(tree, `${dmi}/product_name`, machine.product);
  addLine(tree, `${dmi}/modalias`, "dmi:");
  addLink(tree, "/sys/class/dmi/id", dmi);
  tree.files.set("/proc/cpuinfo", cpuinfo(machine));
  if (machine.pageBytes !== null) {
    tree.files.set("/proc/self/auxv", auxv(machine.pageBytes));
  }
}

/** The first processor's entry: arch/x86/kernel/cpu/proc.c and arch/arm64/kernel/cpuinfo.c. */
function cpuinfo({ architecture, cpuModel }: Machine): string {
  const line = (key: string, value: string): string => `${key}\t: ${value}\n`;
  if (architecture === "aarch64") {
    return (
      line("processor", "0") +
      line("BogoMIPS", "2000.00") +
      line("Features", "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp") +
      line("CPU implementer", "0x41") +
      line("CPU architecture", "8")
    );
  }
  return (
    line("processor", "0") +
    line("vendor_id", "GenuineIntel") +
    (cpuModel === null ? "" : line("model name", cpuModel)) +
    (architecture === "x86_64" ? line("flags", "fpu vme de pse tsc msr lm constant_tsc") : "") +
    (cpuModel === null ? "" : "\nprocessor\t: 1\nmodel name\t: that of another processor\n")
  );
}

/** AT_HWCAP, AT_PAGESZ, AT_CLKTCK and AT_NULL, which the kernel passes to every process. */
function auxv(pageBytes: number): Uint8Array {
  const pairs = [16, 0x1f8bfbff, 6, pageBytes, 17, 100, 0, 0];
  return new Uint8Array(new BigUint64Array(pairs.map(BigInt)).buffer);
}
