import { attribute, childElements, childrenNamed, textOf } from "@evenkeel/core/xml/element.ts";
import { type HwlocExport, type HwlocObject, objectsOf, readCount } from "./object.ts";

/** A square table of values between objects: distances, bandwidths, hops. */
export interface HwlocMatrix {
  /** `NUMALatency`, `NVLinkBandwidth`; null in exports before hwloc 2.1. */
  readonly name: string | null;
  /**
   * HWLOC_DISTANCES_KIND_*: 1 from the system, 2 from a user, 4 latency, 8 bandwidth; null where it
   * is missing.
   */
  readonly kind: number | null;
  readonly objects: readonly HwlocObject[];
  readonly values: readonly (readonly number[])[];
}

/**
 * The matrices of hwloc 2 and 3. A matrix that is incomplete, or that refers to objects missing
 * from the export, is unreliable and left out.
 */
export function readMatrices(hwloc: HwlocExport): HwlocMatrix[] {
  const byId = new Map(hwloc.objects.map((object) => [object.id, object]));
  return childElements(hwloc.topology).flatMap((element) => {
    if (element.name !== "distances2" && element.name !== "distances2hetero") return [];
    const type = attribute(element, "type") ?? "";
    const ofType = new Map(objectsOf(hwloc, type).map((object) => [object.osIndex, object]));
    const byNumber = attribute(element, "indexing") === "os";
    const names = words(childrenNamed(element, "indexes").map(textOf));
    const objects = names
      // A matrix between objects of several types names each with its type: `OSDev:802`.
      .map((name) => name.slice(name.indexOf(":") + 1))
      .map((name) => (byNumber ? ofType.get(readCount(name)) : byId.get(name)))
      .filter((object) => object !== undefined);
    const values = words(childrenNamed(element, "u64values").map(textOf)).map(readCount);
    const matrix = square(values, names.length);
    if (objects.length !== names.length || matrix === null) return [];
    const kind = readCount(attribute(element, "kind"));
    return [{ name: attribute(element, "name"), kind, objects, values: matrix }];
  });
}

/** The values in rows; null where their count does not fit the size or one is not a number. */
export function square(values: readonly (number | null)[], size: number): number[][] | null {
  const known = values.filter((value) => value !== null);
  if (size === 0 || known.length !== size * size || values.length !== size * size) return null;
  return [...Array(size).keys()].map((row) => known.slice(row * size, (row + 1) * size));
}

function words(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(/\s/)).filter((word) => word !== "");
}
