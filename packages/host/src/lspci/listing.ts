import { firstKnown } from "../text/first-known.ts";
import type { PcieLink } from "@evenkeel/core/topology/topology.ts";

/**
 * One function as lspci lists it. Each format of lspci has other fields, and several listings of
 * one machine complete one another.
 */
export interface Listed {
  readonly address: string;
  readonly class: string | null;
  readonly vendor: string | null;
  readonly device: string | null;
  /** The names of vendor and device as one text. */
  readonly name: string | null;
  readonly node: number | null;
  readonly iommuGroup: number | null;
  readonly driver: string | null;
  readonly link: PcieLink | null;
  readonly barBytes: readonly number[] | null;
  /** The buses below a bridge. */
  readonly buses: Buses | null;
  readonly virtualFunctions: VirtualFunctions | null;
  readonly acsRedirect: boolean | null;
  readonly atsEnabled: boolean | null;
}

export interface Buses {
  readonly secondary: number;
  readonly subordinate: number;
}

/** The virtual functions of a physical function: their number, and their places as routing ids. */
export interface VirtualFunctions {
  readonly count: number;
  readonly offset: number;
  readonly stride: number;
}

export function unlisted(address: string): Listed {
  return {
    address,
    class: null,
    vendor: null,
    device: null,
    name: null,
    node: null,
    iommuGroup: null,
    driver: null,
    link: null,
    barBytes: null,
    buses: null,
    virtualFunctions: null,
    acsRedirect: null,
    atsEnabled: null,
  };
}

/** Merges two listings of one function; null where they name different devices. */
export function merged(a: Listed, b: Listed): Listed | null {
  const differ = (x: string | null, y: string | null): boolean =>
    x !== null && y !== null && !x.startsWith(y) && !y.startsWith(x);
  if (differ(a.vendor, b.vendor) || differ(a.device, b.device) || differ(a.class, b.class)) {
    return null;
  }
  return {
    ...firstKnown(a, b),
    class: (a.class ?? "").length >= (b.class ?? "").length ? a.class : b.class,
  };
}
