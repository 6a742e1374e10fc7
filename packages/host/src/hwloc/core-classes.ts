import { has, type IndexSet, lowest } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import type { CoreParts } from "@evenkeel/core/topology/build.ts";
import { classifyCores, type CoreFacts } from "@evenkeel/core/topology/classify-cores.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { attribute, childrenNamed } from "@evenkeel/core/xml/element.ts";
import { type HwlocExport, infosOf, readCount } from "./object.ts";

/**
 * The cores with their classes, from the kinds of CPUs that hwloc lists since 2.4.
 *
 * hwloc's own kinds and their efficiency are not taken: without better facts it makes a kind of
 * every highest frequency, and so of the favored cores of one chip. Its infos have the facts
 * themselves. `CoreType` and `CPUPart` are kinds; `FrequencyBaseMHz` is the highest frequency again
 * where the kernel has no base, as on ARM, which is no more than capacity tells there.
 */
export function withClasses(hwloc: HwlocExport, cores: readonly CoreParts[]): CoreParts[] {
  const kinds = childrenNamed(hwloc.topology, "cpukind").flatMap((element): Kind[] => {
    const cpus = parseMask(attribute(element, "cpuset") ?? "");
    if (cpus === null) return [];
    const infos = infosOf(element);
    const number = (name: string): number | null => readCount(infos.get(name) ?? null);
    const facts = {
      kind: infos.get("CoreType") ?? infos.get("CPUPart") ?? null,
      baseFrequency: number("FrequencyBaseMHz"),
      capacity: number("LinuxCapacity"),
      maxFrequency: number("FrequencyMaxMHz"),
    };
    return [{ cpus, facts }];
  });
  const factsOf = (core: CoreParts): CoreFacts => {
    const first = lowest(setOf(core.cpus));
    const kind = kinds.find(({ cpus }) => first !== null && has(cpus, first));
    return kind?.facts ?? unknownFacts;
  };
  const classes = classifyCores(cores.map(factsOf));
  return cores.map((core, i) => ({ ...core, class: at(classes, i) }));
}

interface Kind {
  readonly cpus: IndexSet;
  readonly facts: CoreFacts;
}

const unknownFacts: CoreFacts = {
  kind: null,
  baseFrequency: null,
  capacity: null,
  maxFrequency: null,
};
