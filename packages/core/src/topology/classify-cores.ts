import { at } from "../unit/list.ts";

/**
 * What a source tells of one core, beside its place. What is null, the source does not tell.
 */
export interface CoreFacts {
  /** The kind by the name that the source has for it: `cpu_atom`, `0x41:0xd85`. */
  readonly kind: string | null;
  /**
   * The frequency that the core is promised to run at: equal for equal cores, and higher for cores
   * of priority (Intel's SST-BF). In the source's unit.
   */
  readonly baseFrequency: number | null;
  /** The kernel's measure of its speed, 1024 for the fastest core of a machine. */
  readonly capacity: number | null;
  /** The highest frequency. It ranks classes and makes none: equal cores boost differently. */
  readonly maxFrequency: number | null;
}

/**
 * The class of each core, 0 the fastest; null where the source tells nothing that could make one.
 *
 * Cores differ in class where their kinds or base frequencies do, and where their capacities lie a
 * tenth or more apart without any other between. Less than that, and the highest frequency or
 * performance, tell only which of equal cores the firmware favors, as the best pieces of one chip:
 * on nearly every machine of today they differ from core to core.
 *
 * A kind, or a base frequency, counts only where all cores have one: otherwise nobody knows how the
 * others compare. A source that tells none of the three, and one highest frequency for all cores,
 * tells of one class: cores of two kinds differ in it. Costs a sort.
 */
export function classifyCores(facts: readonly CoreFacts[]): (number | null)[] {
  const everyHas = (name: keyof CoreFacts): boolean => facts.every((core) => core[name] !== null);
  const withBase = everyHas("baseFrequency");
  if (saysNothingButOneMaximum(facts)) return facts.map(() => 0);
  const withKinds = facts.some(({ kind }) => kind !== null);
  const known = facts.filter(({ kind, capacity }) =>
    withKinds ? kind !== null : withBase || capacity !== null,
  );
  const alike = Map.groupBy(known, ({ kind, baseFrequency }) =>
    JSON.stringify([kind, withBase ? baseFrequency : null]),
  );
  const classes = fastestFirst([...alike.values()].flatMap(byCapacity));
  const classOf = new Map(classes.flatMap((cores, of) => cores.map((core) => [core, of] as const)));
  return facts.map((core) => classOf.get(core) ?? null);
}

function saysNothingButOneMaximum(facts: readonly CoreFacts[]): boolean {
  const [first] = facts;
  return facts.every(
    ({ kind, baseFrequency, capacity, maxFrequency }) =>
      kind === null &&
      baseFrequency === null &&
      capacity === null &&
      maxFrequency !== null &&
      maxFrequency === first?.maxFrequency,
  );
}

/** The least ratio of two neighboring capacities of one class: cores of one kind differ less. */
const sameCapacity = 0.9;

/** Splits cores wherever their capacities leave a gap of a tenth; not where one is unknown. */
function byCapacity(cores: readonly CoreFacts[]): (readonly CoreFacts[])[] {
  const sorted: { readonly core: CoreFacts; readonly capacity: number }[] = [];
  for (const core of cores) {
    if (core.capacity === null) return [cores];
    sorted.push({ core, capacity: core.capacity });
  }
  sorted.sort((a, b) => b.capacity - a.capacity);
  const parts: CoreFacts[][] = [];
  let before = Infinity;
  for (const { core, capacity } of sorted) {
    if (capacity <= before * sameCapacity) parts.push([]);
    at(parts, parts.length - 1).push(core);
    before = capacity;
  }
  return parts;
}

/** Intel's names of kinds, the fastest first. */
const kindsBySpeed = [/core/, /atom/, /low_?power/];

/** Puts classes in order by the first of these measures in which two differ and all have one. */
function fastestFirst(classes: readonly (readonly CoreFacts[])[]): (readonly CoreFacts[])[] {
  const greatest = (name: "capacity" | "baseFrequency" | "maxFrequency") => (cores: Cores) => {
    const values = cores.flatMap((core) => core[name] ?? []);
    return values.length === 0 ? null : -Math.max(...values);
  };
  const byKind = ([first]: Cores): number | null => {
    const name = first?.kind?.toLowerCase() ?? "";
    const place = kindsBySpeed.findIndex((pattern) => pattern.test(name));
    return place < 0 ? null : place;
  };
  const measures = [
    greatest("capacity"),
    byKind,
    greatest("baseFrequency"),
    greatest("maxFrequency"),
  ].map((measure) => new Map(classes.map((cores) => [cores, measure(cores)])));
  const usable = measures.filter((of) => [...of.values()].every((value) => value !== null));
  return classes.toSorted((a, b) => {
    for (const of of usable) {
      const difference = Number(of.get(a)) - Number(of.get(b));
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

type Cores = readonly CoreFacts[];
