import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { intersection, isEmpty, unionAll } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { childElements, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { writeXml } from "@evenkeel/core/xml/write.ts";
import { readSet } from "../../sysfs/values.ts";
import type { Tree } from "../../tree/tree.ts";
import { readXml } from "../../xml/read-xml.ts";

/**
 * Whether the emulator can be pinned only after the start. With libvirt 9.0, QEMU 7.2 allocates the
 * memory of each cell on a thread bound to the CPUs of the cell's nodes (`thread-context`), and
 * libvirt pins the emulator by a cpuset before that. If the cpuset has no CPU of those nodes, as on
 * a host that keeps CPUs of its first node only, QEMU ends with "Setting CPU affinity failed".
 */
export function isPinnedLate({ cells, emulatorCpus }: Plan, tree: Tree): boolean {
  const kept = setOf(emulatorCpus);
  return cells.some(({ memoryOnNodes }) => {
    const cpus = unionAll(memoryOnNodes.flatMap(({ node }) => cpusOf(tree, node) ?? []));
    return !isEmpty(cpus) && isEmpty(intersection(cpus, kept));
  });
}

const cpusOf = (tree: Tree, node: number) =>
  readSet(tree, `/sys/devices/system/node/node${node}`, ["cpulist"]);

/** A domain without the pin of its emulator. */
export function withoutEmulatorPin(xml: string): string {
  const domain = readXml(xml, "the domain");
  const children = childElements(domain).map((node) =>
    node.name === "cputune" ? unpinned(node) : node,
  );
  return writeXml({ ...domain, children });
}

const unpinned = (cputune: XmlElement): XmlElement => ({
  ...cputune,
  children: childElements(cputune).filter(({ name }) => name !== "emulatorpin"),
});
