import type { Core } from "../topology.ts";
import { type MergeFinding, type Part, type Report, valuesMessage } from "./finding.ts";

/**
 * Merges packages, dies, clusters or L3 caches, which are groups of cores. Each tool has its own
 * numbers (the kernel's package 36 is lscpu's socket 0), so sources agree if they group the cores
 * alike.
 *
 * The groups of each further source are matchedNumbers with the groups so far by the number of
 * shared cores, most first. So a core that one source groups differently is one finding, and does
 * not shift all later groups. A package that shares no core keeps its number if it is free, because
 * sources that know different cores of one machine mostly use the same numbers. A core that ends up
 * in a different group is a finding; a core without a group gets one.
 *
 * The cost is that of sorting the pairs of groups that share a core, at most as many as cores.
 */
export function mergeGroups(
  field: "package" | "die" | "cluster" | "l3",
  parts: readonly Part[],
  report: Report,
): MergedGroups {
  const merged = new Map<string, number>();
  const translations: ReadonlyMap<number, number>[] = [];
  const differing: { readonly core: Core; readonly first: Part; readonly part: Part }[] = [];
  /** The source that assigned each core's group, for the findings. */
  const assignedBy = new Map<string, Part>();
  for (const part of parts) {
    const numbers = matchedNumbers(field, part.topology.cores, merged);
    translations.push(numbers);
    for (const core of part.topology.cores) {
      const number = core[field] === null ? undefined : numbers.get(core[field]);
      if (number === undefined) continue;
      const before = merged.get(core.cpus);
      const first = assignedBy.get(core.cpus);
      if (before === undefined || first === undefined) {
        merged.set(core.cpus, number);
        assignedBy.set(core.cpus, part);
      } else if (before !== number) {
        differing.push({ core, first, part });
      }
    }
  }
  for (const { core, first, part } of differing.slice(0, findingsMax)) {
    report(otherGroup(field, core, first, part));
  }
  if (differing.length > findingsMax) report(manyMore(field, differing.length - findingsMax));
  return {
    of: (cpus) => merged.get(cpus) ?? null,
    numberOf: (position, own) => translations[position]?.get(own) ?? own,
  };
}

/** The most findings of one kind; sources that differ everywhere get one summary for the rest. */
const findingsMax = 64;

function manyMore(field: keyof typeof what, count: number): MergeFinding {
  return {
    code: "core-differs",
    subject: "the machine",
    path: `cores[].${field}`,
    values: [],
    message: `the sources group ${count} more cores differently into a ${what[field]}`,
  };
}

export interface MergedGroups {
  /** The group of the core with these CPUs. */
  readonly of: (cpus: string) => number | null;
  /** The merged number of a group of the part at this position. */
  readonly numberOf: (position: number, own: number) => number;
}

/** The merged number of each of a source's groups. */
function matchedNumbers(
  field: "package" | "die" | "cluster" | "l3",
  cores: readonly Core[],
  merged: ReadonlyMap<string, number>,
): ReadonlyMap<number, number> {
  const shared = new Map<string, { readonly own: number; readonly known: number; count: number }>();
  for (const core of cores) {
    const [own, known] = [core[field], merged.get(core.cpus)];
    if (own === null || known === undefined) continue;
    const pair = shared.get(`${own} ${known}`) ?? { own, known, count: 0 };
    pair.count++;
    shared.set(`${own} ${known}`, pair);
  }
  const numbers = new Map<number, number>();
  const used = new Set<number>();
  for (const { own, known } of [...shared.values()].toSorted((a, b) => b.count - a.count)) {
    if (numbers.has(own) || used.has(known)) continue;
    numbers.set(own, known);
    used.add(known);
  }
  let next = [...merged.values()].reduce((most, number) => Math.max(most, number), -1) + 1;
  for (const core of cores) {
    const own = core[field];
    if (own === null || numbers.has(own)) continue;
    const number = field === "package" && !used.has(own) ? own : next++;
    numbers.set(own, number);
    used.add(number);
    next = Math.max(next, number + 1);
  }
  return numbers;
}

const what = { package: "package", die: "die", cluster: "cluster", l3: "L3 cache" } as const;

function otherGroup(field: keyof typeof what, core: Core, first: Part, other: Part): MergeFinding {
  const subject = /^\d+$/.test(core.cpus) ? `CPU ${core.cpus}` : `CPUs ${core.cpus}`;
  const values = [first, other].map((part) => ({
    source: part.label,
    value: membersBeside(field, core, part),
  }));
  return {
    code: "core-differs",
    subject,
    path: `cores[${core.cpus}].${field}`,
    values,
    message: valuesMessage(subject, `that the same ${what[field]} has`, values),
  };
}

/** The CPUs of the other cores in the core's group, in one source. */
function membersBeside(field: keyof typeof what, { cpus }: Core, { topology }: Part): string {
  const own = topology.cores.find((core) => core.cpus === cpus)?.[field];
  const others = topology.cores.filter((core) => core[field] === own && core.cpus !== cpus);
  if (others.length === 0) return "no other CPUs";
  const shown = others.slice(0, 8).map((core) => core.cpus);
  return `CPUs ${shown.join(",")}${others.length > 8 ? ",…" : ""}`;
}
