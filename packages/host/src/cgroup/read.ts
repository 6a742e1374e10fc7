import type { CgroupEvidence } from "@evenkeel/core/evidence/evidence.ts";
import { joined, parentOf } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import { type CpusetPath, parseCgroup, parseCpuset } from "./parse.ts";

/** Where the cpuset controller is, and what it calls the sets that are in effect. */
interface CpusetHierarchy {
  readonly folder: string;
  readonly effectiveCpus: string;
  readonly effectiveNodes: string;
}

/** Of version 1, which has a hierarchy for each controller. */
const own: CpusetHierarchy = {
  folder: "/sys/fs/cgroup/cpuset",
  effectiveCpus: "cpuset.effective_cpus",
  effectiveNodes: "cpuset.effective_mems",
};

/** Of version 2, where all controllers are in one. */
const unified: CpusetHierarchy = {
  folder: "/sys/fs/cgroup",
  effectiveCpus: "cpuset.cpus.effective",
  effectiveNodes: "cpuset.mems.effective",
};

export const cpusetHierarchies: readonly CpusetHierarchy[] = [unified, own];

/** The folder of a cgroup in a hierarchy. */
export function cgroupFolder({ folder }: CpusetHierarchy, path: string): string {
  return path === "/" ? folder : joined(folder, path.slice(1));
}

/** The cgroup of a thread, or null. */
export function cgroupOf(tree: Tree, task: string): CpusetPath | null {
  return parseCgroup(tree.readText(`${task}/cgroup`) ?? "");
}

/**
 * What a cgroup's cpuset allows. In version 2 a cgroup has the files only where its parent hands the
 * controller on; above that, the nearest cgroup that has them decides. The files of the root of
 * version 2 tell only what is effective.
 */
export function readCgroup(tree: Tree, { version, path }: CpusetPath): CgroupEvidence | null {
  const hierarchy = version === 1 ? own : unified;
  for (let at = path; ; at = parentOf(at)) {
    const where = cgroupFolder(hierarchy, at);
    const set = (name: string): string | null => parseCpuset(tree.readText(`${where}/${name}`));
    const found: CgroupEvidence = {
      path,
      where,
      cpus: set("cpuset.cpus"),
      effectiveCpus: set(hierarchy.effectiveCpus),
      nodes: set("cpuset.mems"),
      effectiveNodes: set(hierarchy.effectiveNodes),
    };
    const told = found.cpus ?? found.effectiveCpus ?? found.nodes ?? found.effectiveNodes;
    if (told !== null) return found;
    if (at === "/") return null;
  }
}
