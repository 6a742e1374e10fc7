import type { PcieLink } from "@evenkeel/core/topology/topology.ts";

/**
 * What lspci says of one function, as far as it does; every form says other things of it, and
 * several listings of one machine complete one another.
 */
export interface Listed {
  readonly address: string;
  readonly class: string | null;
  readonly vendor: string | null;
  readonly device: string | null;
  /** Vendor and device by their names, as one text. */
  readonly name: string | null;
  readonly node: number | null;
  readonly iommuGroup: number | null;
  readonly driver: string | null;
  readonly link: PcieLink | null;
  readonly barBytes: readonly number[] | null;
  /** Of a bridge, the buses below it. */
  readonly buses: Buses | null;
  readonly virtualFunctions: VirtualFunctions | null;
  readonly acsRedirect: boolean | null;
  readonly atsEnabled: boolean | null;
}

export interface Buses {
  readonly secondary: number;
  readonly subordinate: number;
}

/** Of a physical function: how many virtual functions there are, and where, by routing id. */
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

/** One function as two listings of it say; null where they name different devices. */
export function merged(a: Listed, b: Listed): Listed | null {
  const differ = (x: string | null, y: string | null): boolean =>
    x !== null && y !== null && !x.startsWith(y) && !y.startsWith(x);
  if (differ(a.vendor, b.vendor) || differ(a.device, b.device) || differ(a.class, b.class)) {
    return null;
  }
  return {
    address: a.address,
    class: (a.class ?? "").length >= (b.class ?? "").length ? a.class : b.class,
    vendor: a.vendor ?? b.vendor,
    device: a.device ?? b.device,
    name: a.name ?? b.name,
    node: a.node ?? b.node,
    iommuGroup: a.iommuGroup ?? b.iommuGroup,
    driver: a.driver ?? b.driver,
    link: a.link ?? b.link,
    barBytes: a.barBytes ?? b.barBytes,
    buses: a.buses ?? b.buses,
    virtualFunctions: a.virtualFunctions ?? b.virtualFunctions,
    acsRedirect: a.acsRedirect ?? b.acsRedirect,
    atsEnabled: a.atsEnabled ?? b.atsEnabled,
  };
}
