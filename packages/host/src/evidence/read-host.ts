import type { KernelEvidence, NodeEvidence } from "@evenkeel/core/evidence/evidence.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { indexedNames, readCount, readLine } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";

const cpuFolder = "/sys/devices/system/cpu";
const nodeFolder = "/sys/devices/system/node";

export function readKernel(tree: Tree): KernelEvidence {
  const huge = readLine(tree, "/sys/kernel/mm/transparent_hugepage/enabled");
  return {
    ksmRun: readCount(tree, "/sys/kernel/mm/ksm/run"),
    numaBalancing: readCount(tree, "/proc/sys/kernel/numa_balancing"),
    transparentHugepages: /\[([a-z]{1,16})\]/.exec(huge ?? "")?.[1] ?? null,
  };
}

/** The nodes with their CPUs; null if the kernel has no such files. */
export function readNodeCpus(tree: Tree): NodeEvidence[] | null {
  const ids = indexedNames(tree, nodeFolder, "node");
  if (ids.length === 0) return null;
  return ids.map((id) => ({ id, cpus: list(tree, `${nodeFolder}/node${id}/cpulist`) ?? "" }));
}

/** The sets of CPUs that share a core; null if nothing states them. */
export function readCoreCpus(tree: Tree): string[] | null {
  const cores = new Set<string>();
  for (const cpu of indexedNames(tree, cpuFolder, "cpu")) {
    const siblings = list(tree, `${cpuFolder}/cpu${cpu}/topology/thread_siblings_list`);
    if (siblings !== null && siblings !== "") cores.add(siblings);
  }
  return cores.size === 0 ? null : [...cores];
}

function list(tree: Tree, path: string): string | null {
  const text = tree.readText(path);
  const set = text === null ? null : parseList(text);
  return set === null ? null : formatList(set);
}
