import type { Calibration } from "./calibration.ts";

/** A new calibration of a machine beside one that is kept. */
export interface Combined {
  /** The new one, with what only the kept one knows. */
  readonly calibration: Calibration;
  /** What the kept one knows and the combination does not, as sentences; empty: nothing is lost. */
  readonly lost: readonly string[];
}

/**
 * Combines a new calibration with the one that is kept of the same machine, list by list. What only
 * one of them measured is kept: copies by one tool stand well beside latencies by another, because
 * the prices of both are ratios within their own list. What both measured is the new one's. Where
 * it lacks some of it, both are mixed entry by entry if the same tool measured both; figures of two
 * tools are not, so then the kept one's are lost, and `lost` says so.
 *
 * Times of emulated CPUs never go beside real ones.
 */
export function combinedCalibrations(kept: Calibration, fresh: Calibration): Combined {
  const isEmulated = fresh.conditions.isEmulated === true;
  if (isEmulated !== (kept.conditions.isEmulated === true)) {
    const lost = isEmulated ? ["figures of real CPUs, in favor of emulated ones"] : [];
    return { calibration: fresh, lost };
  }
  const lost: string[] = [];
  const from = { kept: false };
  const isSameTool = kept.tool.name === fresh.tool.name;
  const list = <Item extends object>(
    what: string,
    ours: readonly Item[],
    theirs: readonly Item[],
    keyOf: (item: Item) => string,
  ): readonly Item[] => {
    if (theirs.length === 0) return ours;
    if (ours.length === 0) {
      from.kept = true;
      return theirs;
    }
    const known = new Map(ours.map((item) => [keyOf(item), item]));
    const lacking = theirs.filter((item) => !knowsAsMuch(known.get(keyOf(item)), item));
    if (lacking.length === 0) return ours;
    if (!isSameTool) {
      lost.push(`${what} by ${kept.tool.name}, of which ${lacking.length} are not in the new one`);
      return ours;
    }
    from.kept = true;
    for (const item of lacking) known.set(keyOf(item), filled(known.get(keyOf(item)), item));
    return [...known.values()];
  };
  const calibration: Calibration = {
    ...fresh,
    host: fresh.host ?? kept.host,
    memory: list("figures of memory", fresh.memory, kept.memory, (one) =>
      [one.initiator, one.target].join(" "),
    ),
    total: list("bandwidths of all cores", fresh.total, kept.total, ({ traffic }) => traffic),
    loaded: list("loaded latencies", fresh.loaded, kept.loaded, (one) =>
      [one.initiator, one.target].join(" "),
    ),
    copies: list("copies", fresh.copies, kept.copies, (one) =>
      [one.node, one.accelerator ?? one.index].join(" "),
    ),
    peers: list("copies between accelerators", fresh.peers, kept.peers, (one) =>
      [one.from ?? one.fromIndex, one.to ?? one.toIndex].join(" "),
    ),
  };
  return { calibration: from.kept ? bothTools(calibration, kept) : calibration, lost };
}

/** Whether every figure that one entry has, the other has too. */
function knowsAsMuch(known: object | undefined, other: object): boolean {
  if (known === undefined) return false;
  return Object.entries(other).every(
    ([name, value]) => value === null || name === "witness" || Reflect.get(known, name) !== null,
  );
}

/** The known entry with the figures that only the other has. */
function filled<Item extends object>(known: Item | undefined, other: Item): Item {
  if (known === undefined) return other;
  const told = Object.entries(known).filter(([, value]) => value !== null);
  return { ...other, ...Object.fromEntries(told) };
}

const namesMax = 64;
const methodMax = 4096;
const warningsMax = 1024;

function bothTools(calibration: Calibration, kept: Calibration): Calibration {
  const { tool } = calibration;
  const warnings = [...new Set([...calibration.warnings, ...kept.warnings])];
  if (tool.name === kept.tool.name) return { ...calibration, warnings };
  const names = new Set([...kept.tool.name.split(", "), ...tool.name.split(", ")]);
  return {
    ...calibration,
    tool: {
      name: [...names].join(", ").slice(0, namesMax),
      version: null,
      method: `${kept.tool.method}; ${tool.method}`.slice(0, methodMax),
    },
    warnings: warnings.slice(0, warningsMax),
  };
}
