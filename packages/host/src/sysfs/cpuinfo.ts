import type { CoreParts } from "@evenkeel/core/topology/build.ts";
import { INDEX_MAX, type IndexSet, indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import type { Tree } from "../tree/tree.ts";

/**
 * The CPUs and cores of a machine without /sys, because only /proc was recorded or /sys is masked.
 */
export interface ProcessorList {
  readonly online: IndexSet;
  readonly cores: readonly CoreParts[];
}

/**
 * Reads the processors in /proc/cpuinfo, one paragraph each: `processor : 3`, and on x86 `physical
 * id` and `core id`, which together identify a core. On other architectures each processor counts
 * as a core of its own, as in sysfs without siblings. s390 has one line for each, `processor 3:
 * version = …`. Null where there is no processor.
 */
export function readCpuinfo(tree: Tree): ProcessorList | null {
  const members = new Map<string, { readonly package: number | null; readonly cpus: number[] }>();
  for (const { cpu, packageId, coreId } of processorsIn(tree.readText("/proc/cpuinfo") ?? "")) {
    const name = packageId === null || coreId === null ? `cpu ${cpu}` : `${packageId}/${coreId}`;
    const core = members.get(name);
    if (core === undefined) members.set(name, { package: packageId, cpus: [cpu] });
    else core.cpus.push(cpu);
  }
  const cores = [...members.values()];
  if (cores.length === 0) return null;
  const unknown = { die: null, cluster: null, l3: null };
  return {
    online: indexSet(cores.flatMap(({ cpus }) => cpus)),
    cores: cores.map((core) => ({
      ...unknown,
      package: core.package,
      cpus: formatList(indexSet(core.cpus)),
    })),
  };
}

interface Processor {
  readonly cpu: number;
  packageId: number | null;
  coreId: number | null;
}

function processorsIn(text: string): readonly Processor[] {
  const found = new Map<number, Processor>();
  let current: Processor | null = null;
  for (const line of text.split("\n")) {
    const processor = /^processor\s{0,20}(?::\s{0,20})?(\d{1,5})\s{0,20}(?::|$)/.exec(line)?.[1];
    if (processor !== undefined && Number(processor) <= INDEX_MAX) {
      current = { cpu: Number(processor), packageId: null, coreId: null };
      if (!found.has(current.cpu)) found.set(current.cpu, current);
    }
    const [, key, value] =
      /^(physical id|core id)\s{0,20}:\s{0,20}(\d{1,9})\s{0,20}$/.exec(line) ?? [];
    if (current === null || value === undefined) continue;
    if (key === "core id") current.coreId = Number(value);
    else current.packageId = Number(value);
  }
  return [...found.values()];
}
