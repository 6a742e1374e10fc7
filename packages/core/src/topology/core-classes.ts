import { invariant } from "../invariant.ts";
import { size } from "../set/index-set.ts";
import { setOf } from "../set/list-format.ts";
import type { Core } from "./topology.ts";
import { unknownLast } from "./unknown-last.ts";

/**
 * The classes that a machine's cores are of, each once, the fastest first; null, for cores of which
 * nobody told, comes last. A machine whose cores are all alike, or all unknown, has one.
 */
export function coreClassesOf(cores: readonly Pick<Core, "class">[]): readonly (number | null)[] {
  return [...new Set(cores.map((core) => core.class))].toSorted(unknownLast);
}

/** Whether some of a machine's cores are known to be of another class than others. */
export function hasCoreClasses({
  cores,
}: {
  readonly cores: readonly Pick<Core, "class">[];
}): boolean {
  const first = cores[0]?.class;
  return cores.some((core) => core.class !== first);
}

/** `class 0`, the fastest; `unknown class`. */
export function className(of: number | null): string {
  return of === null ? "unknown class" : `class ${of}`;
}

/** The most threads that a core of each class has: a core has fewer only where one is missing. */
export function threadsOfClass(
  cores: readonly Pick<Core, "class" | "cpus">[],
): (of: number | null) => number {
  const most = new Map(
    [...Map.groupBy(cores, (core) => core.class)].map(([of, own]) => {
      return [of, Math.max(...own.map(({ cpus }) => size(setOf(cpus))))] as const;
    }),
  );
  return (of) => {
    const threads = most.get(of);
    invariant(threads !== undefined, "the class is that of some core");
    return threads;
  };
}
