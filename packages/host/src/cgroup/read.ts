import type { CgroupEvidence } from "@evenkeel/core/evidence/evidence.ts";
import { joined, parentOf } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import { type CpusetPath, parseCgroup, parseCpuset } from "./parse.ts";

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
  const base = version === 1 ? "/sys/fs/cgroup/cpuset" : "/sys/fs/cgroup";
  for (let at = path; ; at = parentOf(at)) {
    const where = at === "/" ? base : joined(base, at.slice(1));
    const set = (name: string): string | null => parseCpuset(tree.readText(`${where}/${name}`));
    const found: CgroupEvidence = {
      path,
      where,
      cpus: set("cpuset.cpus"),
      effectiveCpus: set(version === 1 ? "cpuset.effective_cpus" : "cpuset.cpus.effective"),
      nodes: set("cpuset.mems"),
      effectiveNodes: set(version === 1 ? "cpuset.effective_mems" : "cpuset.mems.effective"),
    };
    const told = found.cpus ?? found.effectiveCpus ?? found.nodes ?? found.effectiveNodes;
    if (told !== null) return found;
    if (at === "/") return null;
  }
}
