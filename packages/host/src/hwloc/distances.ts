import { attribute, childrenNamed } from "@evenkeel/core/xml/element.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { type HwlocMatrix, square } from "./matrix.ts";
import type { HwlocNode } from "./nodes.ts";
import { type HwlocExport, type HwlocObject, objectsOf, readCount } from "./object.ts";

/**
 * The kernel's distances between nodes, rows and columns in the order of `nodes`. Null where the
 * export has no distances, lacks some node's, or holds other figures instead.
 *
 * hwloc 2 and 3 keep the distances as they are. hwloc 1 divides them by a base, which it writes
 * down. If multiplying gives integers, they are the kernel's distances; otherwise somebody set
 * their own.
 */
export function readDistances(
  hwloc: HwlocExport,
  nodes: readonly HwlocNode[],
  matrices: readonly HwlocMatrix[],
): number[][] | null {
  const found = hwloc.version === 1 ? relativeLatencies(hwloc) : systemLatencies(matrices);
  if (found === null) return null;
  const rows = nodes.map(({ object }) => found.objects.indexOf(object));
  if (rows.includes(-1)) return null;
  const values = rows.map((row) => rows.map((column) => at(at(found.values, row), column)));
  // Firmware's table has one byte for each distance; a larger value is not from it.
  return values.flat().every((value) => value > 0 && value <= 255) ? values : null;
}

const fromSystem = 1;
const latency = 4;

function systemLatencies(matrices: readonly HwlocMatrix[]): HwlocMatrix | null {
  const found = matrices.find(
    ({ name, kind, objects }) =>
      (name === null || name === "NUMALatency") &&
      kind !== null &&
      (kind & fromSystem) !== 0 &&
      (kind & latency) !== 0 &&
      objects.every(({ type }) => type === "NUMANode"),
  );
  return found ?? null;
}

/** hwloc writes values and base with six decimals; products are at most some hundreds. */
const tolerance = 0.001;

/**
 * In hwloc 1, a matrix is in the lowest object above all objects that it covers: in the root, or in
 * the package of a machine with one. It covers one level, which is `relative_depth` below. Where a
 * package has a matrix of its own nodes only, the distances to others are not known.
 */
function relativeLatencies(hwloc: HwlocExport): Pick<HwlocMatrix, "objects" | "values"> | null {
  const objects = objectsOf(hwloc, "NUMANode");
  const candidates = hwloc.objects.flatMap((holder) =>
    childrenNamed(holder.element, "distances")
      .filter((element) => readCount(attribute(element, "nbobjs")) === objects.length)
      .filter(() => objects.every((object) => stepsBelow(object, holder) !== null))
      .map((element) => ({ holder, element })),
  );
  // A level with as many objects as nodes has a matrix of that size too.
  const exact = candidates.filter(({ holder, element }) => {
    const depth = readCount(attribute(element, "relative_depth"));
    return objects.every((object) => stepsBelow(object, holder) === depth);
  });
  const [found, ...others] = exact.length > 0 ? exact : candidates;
  if (found === undefined || others.length > 0) return null;
  const base = Number(attribute(found.element, "latency_base") ?? "1");
  const scaled = childrenNamed(found.element, "latency").map((entry) => {
    const value = Number(attribute(entry, "value") ?? "") * base;
    const whole = Math.round(value);
    return Number.isFinite(value) && Math.abs(value - whole) < tolerance ? whole : null;
  });
  const values = square(scaled, objects.length);
  return values === null ? null : { objects, values };
}

/** The number of levels from the holder down to the object; null where it is not below. */
function stepsBelow(object: HwlocObject, holder: HwlocObject): number | null {
  let steps = 0;
  let above: HwlocObject | null = object;
  for (; above !== null && above !== holder; above = above.parent) steps++;
  return above === null ? null : steps;
}
