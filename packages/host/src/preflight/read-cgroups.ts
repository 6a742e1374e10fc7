import type { HypervisorName } from "@evenkeel/core/instance/instance.ts";
import type { CgroupFacts } from "@evenkeel/core/preflight/facts.ts";
import { readLine } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";

/** Where the cpuset controller is: the one hierarchy of version 2, or its own of version 1. */
const hierarchies = [
  { folder: "/sys/fs/cgroup", cpus: "cpuset.cpus.effective", nodes: "cpuset.mems.effective" },
  {
    folder: "/sys/fs/cgroup/cpuset",
    cpus: "cpuset.effective_cpus",
    nodes: "cpuset.effective_mems",
  },
] as const;

/**
 * The cgroups that a VM's threads will be below. libvirt puts domains below machine.slice, where
 * systemd runs, or below machine (https://libvirt.org/cgroups.html); QEMU alone stays in the cgroup of
 * the command. One that is not there yet is made with all that its parent has.
 */
export function readCgroups(tree: Tree, via: HypervisorName): readonly CgroupFacts[] {
  const inner = via === "libvirt" ? ["/machine.slice", "/machine"] : ownCgroups(tree);
  return hierarchies.flatMap(({ folder, cpus, nodes }) =>
    ["/", ...inner].flatMap((path) => {
      const at = path === "/" ? folder : `${folder}${path}`;
      const facts = {
        path,
        folder: at,
        cpus: readLine(tree, `${at}/${cpus}`),
        nodes: readLine(tree, `${at}/${nodes}`),
      };
      return facts.cpus === null && facts.nodes === null ? [] : [facts];
    }),
  );
}

/** `0::/system.slice/x.service` of version 2, `4:cpuset:/x` of version 1, with those above it. */
function ownCgroups(tree: Tree): readonly string[] {
  const text = tree.readText("/proc/self/cgroup") ?? "";
  const paths = [...text.matchAll(/^\d+:(?:|[^:\n]*\bcpuset\b[^:\n]*):(\/.+)$/gm)];
  return paths.flatMap(([, path = ""]) => {
    const names = path.split("/").filter((name) => name !== "");
    return names.map((_, i) => `/${names.slice(0, i + 1).join("/")}`);
  });
}
