import { attribute, childrenNamed } from "@evenkeel/core/xml/element.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { type HwlocMatrix, square } from "./matrix.ts";
import type { HwlocNode } from "./nodes.ts";
import { type HwlocExport, objectsOf, readCount } from "./object.ts";

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
 * A matrix covers one level of the tree, given by a depth that the versions count differently. The
 * nodes' matrix is recognized by its size; if several have that size, none is used.
 */
function relativeLatencies(hwloc: HwlocExport): Pick<HwlocMatrix, "objects" | "values"> | null {
  const objects = objectsOf(hwloc, "NUMANode");
  const [found, ...others] = childrenNamed(hwloc.root.element, "distances").filter(
    (element) => readCount(attribute(element, "nbobjs")) === objects.length,
  );
  if (found === undefined || others.length > 0) return null;
  const base = Number(attribute(found, "latency_base") ?? "1");
  const scaled = childrenNamed(found, "latency").map((entry) => {
    const value = Number(attribute(entry, "value") ?? "") * base;
    const whole = Math.round(value);
    return Number.isFinite(value) && Math.abs(value - whole) < tolerance ? whole : null;
  });
  const values = square(scaled, objects.length);
  return values === null ? null : { objects, values };
}
