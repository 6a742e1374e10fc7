import type { CostBasis } from "../path-cost.ts";

/**
 * What flows of bytes share on a machine: each thing that has a limit of its own in bytes per
 * second, in one direction. A path is the list of those that a flow crosses (`machine-flows.ts`).
 */
export interface Resource {
  /** In words, unique on the machine: `memory of node 0`, `PCIe link to 0000:1b:00.0`. */
  readonly name: string;
  readonly kind: ResourceKind;
  /** Null is unknown: it limits nothing, and all that depends on it has the basis `unknown`. */
  readonly bytesPerSecond: number | null;
  /** What waiting for it adds to the latency of a read under load; null is unknown. */
  readonly waiting: Waiting | null;
  /** The basis of its bandwidth. */
  readonly basis: CostBasis;
  readonly origin: FigureOrigin;
  /** Where its bandwidth comes from, in words. */
  readonly source: string;
}

/**
 * - `memory`: the controllers of one node
 * - `socket-link`: from one package to another
 * - `node-link`: from one node to another, where a figure shows less than the controllers and the
 *   socket link allow (clusters on a die, limits of the cores that ask)
 * - `uplink`: between a switch and what is above it
 * - `device-link`: a device's own PCIe link or NVLink-C2C
 * - `peer-link`: NVLink, XGMI or Xe Link out of a device, into it, or between two
 */
export type ResourceKind =
  | "memory"
  | "socket-link"
  | "node-link"
  | "uplink"
  | "device-link"
  | "peer-link";

/** In the order in which they are preferred; `generic` is a guess for any server. */
export type FigureOrigin = "calibration" | "hmat" | "link" | "published" | "generic" | "unknown";

/** How waiting grows by utilisation, and the most that it is (`loaded-latency.ts`). */
export interface Waiting {
  readonly growthNs: number;
  readonly mostNs: number;
}

/** A number that describes hardware, with where it comes from. */
export interface Figure {
  readonly value: number;
  readonly origin: Exclude<FigureOrigin, "unknown">;
  readonly source: string;
}

/** How much a figure's origin is worth: published constants are a model, a generic one a guess. */
function basisOf(figure: Figure | null): CostBasis {
  if (figure === null || figure.origin === "generic") return "unknown";
  return figure.origin === "calibration" ? "measured" : "modelled";
}

/** A resource with the bandwidth of a figure. */
export function resourceOf(
  name: string,
  kind: ResourceKind,
  figure: Figure | null,
  waiting: Waiting | null = null,
): Resource {
  return {
    name,
    kind,
    bytesPerSecond: figure === null ? null : figure.value,
    waiting,
    basis: basisOf(figure),
    origin: figure === null ? "unknown" : figure.origin,
    source: figure === null ? "nobody told" : figure.source,
  };
}
