import { memoryTree } from "../../src/tree/memory-tree.ts";
import type { Tree } from "../../src/tree/tree.ts";

/** A tree from the files and links of a test. */
export function treeOf(
  files: Readonly<Record<string, string | Uint8Array>>,
  links: Readonly<Record<string, string>> = {},
): Tree {
  return memoryTree(new Map(Object.entries(files)), new Map(Object.entries(links)), "test");
}

/** Files of one directory, by their names in it. */
export function within(
  directory: string,
  files: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`${directory}/${name}`, text]),
  );
}

/** The usual files of a CPU. */
export function cpuFiles(cpu: number, siblings: string, coreId: number): Record<string, string> {
  return within(`/sys/devices/system/cpu/cpu${cpu}`, {
    "topology/core_cpus_list": `${siblings}\n`,
    "topology/core_id": `${coreId}\n`,
    "topology/physical_package_id": "0\n",
  });
}
