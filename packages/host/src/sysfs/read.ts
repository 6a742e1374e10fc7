import { buildTopology } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { nameOf } from "../tree/resolve.ts";
import { ignore, type Note } from "../text/note.ts";
import type { Tree } from "../tree/tree.ts";
import { readAccelerators } from "./accelerators.ts";
import { readAccess } from "./access.ts";
import { readL3Caches } from "./caches.ts";
import { withClasses } from "./core-classes.ts";
import { readCores } from "./cores.ts";
import { readCpuinfo } from "./cpuinfo.ts";
import { readDistances } from "./distances.ts";
import { withInterrupts } from "./interrupts.ts";
import { withHostUse } from "./host-use.ts";
import { readMachine } from "./machine.ts";
import { readNics } from "./nics.ts";
import { readNodeCpus, readNodes } from "./nodes.ts";
import { pciDirectory, readPci } from "./pci.ts";
import { withPciBus } from "./pci-bus.ts";
import { cpuDirectory, readProcessors } from "./processors.ts";
import { readCacheAllocation } from "./resctrl.ts";
import { emptySet } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { readLine } from "./values.ts";

/**
 * Reads a Linux machine from its sysfs and procfs.
 *
 * Twenty years of kernels write the same facts to different files, and firmware makes mistakes. A
 * missing or meaningless fact is unknown; `note` says where CPUs have no known node. If two files
 * contradict each other, only the part on which they agree is kept. Two errors are thrown, because
 * the machine would have the wrong shape otherwise: `tree-empty` where there is no CPU, and
 * `tree-malformed` where a set of CPUs is malformed.
 *
 * The cost is some ten small files for each core, fifteen for each PCI function, and two for each
 * interrupt of an accelerator, a NIC or a drive.
 */
export function readSysfs(
  machine: Tree,
  name: string = machineName(machine),
  note: Note = ignore,
): Topology {
  const tree = withPciBus(machine);
  const inSys = tree.realPath(cpuDirectory) !== null;
  const listed = inSys ? null : readCpuinfo(tree);
  if (!inSys && listed === null) {
    throw new EvenkeelError("tree-empty", `has neither ${cpuDirectory} nor /proc/cpuinfo`, {
      where: tree.where,
      expected: "a machine's sys and proc directories",
    });
  }
  const { online, offline } =
    listed === null ? readProcessors(tree) : { online: listed.online, offline: emptySet };
  const nodes = readNodeCpus(tree, online, note);
  const functions = withInterrupts(tree, pciDirectory, readPci(tree, nodes), online);
  const pci = withHostUse(tree, functions);
  const { cacheOf, caches } = readL3Caches(tree, online);
  const cores = listed?.cores ?? withClasses(tree, readCores(tree, online, cacheOf));
  const access = readAccess(tree, nodes);
  const used = new Set(cores.map(({ l3 }) => l3));
  const topology = buildTopology({
    name,
    source: "sysfs",
    machine: readMachine(tree),
    nodes: readNodes(tree, nodes, access),
    distances: readDistances(tree, nodes),
    access,
    cores,
    l3Caches: caches.filter(({ id }) => used.has(id)),
    cacheAllocation: readCacheAllocation(tree),
    offlineCpus: formatList(offline),
    pci,
    accelerators: readAccelerators(tree, pci),
    nics: readNics(tree, pci),
  });
  return checkedTopology(topology, tree.where);
}

/** This machine's host name; for a recording, the name of its file or directory. */
function machineName(tree: Tree): string {
  const host = tree.live ? readLine(tree, "/proc/sys/kernel/hostname") : null;
  const file = nameOf(tree.where).replace(/\.(tar(\.(gz|bz2|xz))?|tgz|tbz2?|txz)$/, "");
  return host ?? (file === "" ? "host" : file);
}
