import type { KernelEvidence, NodeEvidence } from "@evenkeel/core/evidence/evidence.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { indexedNames, readIndex, readLine } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";

const cpuFolder = "/sys/devices/system/cpu";
const nodeFolder = "/sys/devices/system/node";

export function readKernel(tree: Tree): KernelEvidence {
  const huge = readLine(tree, "/sys/kernel/mm/transparent_hugepage/enabled");
  return {
    ksmRun: readIndex(tree, "/sys/kernel/mm/ksm/run"),
    numaBalancing: readIndex(tree, "/proc/sys/kernel/numa_balancing"),
    transparentHugepages: /\[([a-z]{1,16})\]/.exec(huge ?? "")?.[1] ?? null,
  };
}

/** The nodes and the CPUs in them; null where the kernel has no such files. */
export function readNodeCpus(tree: Tree): NodeEvidence[] | null {
  const ids = indexedNames(tree, nodeFolder, "node");
  if (ids.length === 0) return null;
  return ids.map((id) => ({ id, cpus: list(tree, `${nodeFolder}/node${id}/cpulist`) ?? "" }));
}

/** The CPUs of each core; null where the kernel has no such files. */
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
