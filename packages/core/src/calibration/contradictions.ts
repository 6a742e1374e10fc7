import type { Calibration, Measured } from "./calibration.ts";

/** What is wrong with a calibration, and in which field. */
export interface CalibrationContradiction {
  readonly path: string;
  readonly message: string;
}

/** What a calibration says that cannot be so: a spread without its median, a pair told twice. */
export function calibrationContradictions(calibration: Calibration): CalibrationContradiction[] {
  return [...disorders(calibration, ""), ...repeats(calibration)];
}

/** The spreads whose median lies outside. */
function disorders(value: unknown, path: string): CalibrationContradiction[] {
  if (value === null || typeof value !== "object") return [];
  if (isMeasured(value)) {
    const { least, median, most } = value;
    if (least <= median && median <= most) return [];
    return [{ path, message: `its median ${median} is not between ${least} and ${most}` }];
  }
  return Object.entries(value).flatMap(([name, field]: [string, unknown]) => {
    const below = Array.isArray(value) ? `[${name}]` : `${path === "" ? "" : "."}${name}`;
    return disorders(field, `${path}${below}`);
  });
}

function isMeasured(value: object): value is Measured {
  return "median" in value && "least" in value && "most" in value;
}

function repeats({
  memory,
  total,
  loaded,
  copies,
  peers,
}: Calibration): CalibrationContradiction[] {
  return [
    ...twice("memory", memory, ({ initiator, target }) => pair(initiator, target)),
    ...twice("total", total, ({ traffic }) => traffic),
    ...twice("loaded", loaded, ({ initiator, target }) => `${initiator} ${target}`),
    ...twice("copies", copies, ({ node, accelerator, index }) => pair(node, accelerator ?? index)),
    ...twice("peers", peers, ({ from, fromIndex, to, toIndex }) =>
      pair(from ?? fromIndex, to ?? toIndex),
    ),
  ];
}

type End = string | number | null;

/** The name of a pair; null where an end is unknown: two of these may be of different pairs. */
function pair(a: End, b: End): string | null {
  return a === null || b === null ? null : `${a} ${b}`;
}

function twice<Item>(
  field: string,
  items: readonly Item[],
  nameOf: (item: Item) => string | null,
): CalibrationContradiction[] {
  const seen = new Map<string, number>();
  return items.flatMap((item, i) => {
    const name = nameOf(item);
    if (name === null) return [];
    const before = seen.get(name);
    if (before === undefined) {
      seen.set(name, i);
      return [];
    }
    return [{ path: `${field}[${i}]`, message: `it is of the same as ${field}[${before}]` }];
  });
}
