import type { HypervisorName } from "@evenkeel/core/instance/instance.ts";
import type { CgroupFacts } from "@evenkeel/core/preflight/facts.ts";
import { parseCpuset } from "../cgroup/parse.ts";
import { cgroupFolder, cgroupOf, cpusetHierarchies } from "../cgroup/read.ts";
import type { Tree } from "../tree/tree.ts";

/**
 * The cgroups above a VM's threads. libvirt puts domains below machine.slice, where systemd runs,
 * or below machine (https://libvirt.org/cgroups.html); a QEMU started directly stays in the cgroup
 * of the command. A cgroup that does not exist yet will get everything that its parent has.
 */
export function readCgroups(tree: Tree, via: HypervisorName): readonly CgroupFacts[] {
  const inner = via === "libvirt" ? ["/machine.slice", "/machine"] : ownCgroups(tree);
  return cpusetHierarchies.flatMap((hierarchy) =>
    ["/", ...inner].flatMap((path) => {
      const folder = cgroupFolder(hierarchy, path);
      const set = (name: string): string | null => parseCpuset(tree.readText(`${folder}/${name}`));
      const facts = {
        path,
        folder,
        cpus: set(hierarchy.effectiveCpus),
        nodes: set(hierarchy.effectiveNodes),
      };
      return facts.cpus === null && facts.nodes === null ? [] : [facts];
    }),
  );
}

/** The cgroup of this command and its ancestors, except the root. */
function ownCgroups(tree: Tree): readonly string[] {
  const names = (cgroupOf(tree, "/proc/self")?.path ?? "").split("/").filter((name) => name !== "");
  return names.map((_, i) => `/${names.slice(0, i + 1).join("/")}`);
}
