import { pciAddressParts } from "@evenkeel/core/topology/pci-address.ts";
import type { Listed } from "./listing.ts";
import type { Branch } from "./tree.ts";

/** The place of a function on the bus. */
export interface Place {
  readonly parent: string | null;
  readonly root: string;
}

/** A bus number has eight bits, so no more bridges can be above a function. */
const BRIDGES_MAX = 256;

/**
 * Finds the place of each function: from the tree, or else from the buses of the bridges. A bus
 * belongs to the bridge that leads to it: among the bridges whose range includes the bus, the one
 * with the narrowest range. A function that no bridge leads to is on a root bus, which names its
 * host bridge.
 *
 * `parents` has what the paths of `lspci -PP` say, which counts before the buses.
 *
 * A listing without details has no buses; then every bus counts as a root.
 */
export function placesOf(
  listed: readonly Pick<Listed, "address" | "buses">[],
  branches: ReadonlyMap<string, Branch>,
  parents: ReadonlyMap<string, string | null> = new Map(),
): (address: string) => Place {
  const bridgeOf = bridgesByBus(listed);
  const present = new Set(listed.map(({ address }) => address));
  const parentOf = (address: string): string | null => {
    const above = parents.get(address) ?? bridgeOf.get(busOf(address)) ?? null;
    return above !== null && present.has(above) ? above : null;
  };
  return (address) => {
    const branch = branches.get(address);
    if (branch !== undefined) return { parent: branch.parent, root: branch.root };
    const parent = parentOf(address);
    let topmost = address;
    for (let i = 0; i < BRIDGES_MAX; i++) topmost = parentOf(topmost) ?? topmost;
    return { parent, root: `pci${busOf(topmost)}` };
  };
}

/** `0000:1b` of `0000:1b:00.0`. */
function busOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}

const busNames = Array.from({ length: 256 }, (_, bus) => bus.toString(16).padStart(2, "0"));

function bridgesByBus(
  listed: readonly Pick<Listed, "address" | "buses">[],
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const spans = new Map<string, number>();
  for (const { address, buses } of listed) {
    if (buses === null) continue;
    const domain = address.slice(0, address.indexOf(":"));
    const span = buses.subordinate - buses.secondary;
    for (let bus = buses.secondary; bus <= buses.subordinate; bus++) {
      const key = `${domain}:${busNames[bus] ?? ""}`;
      const narrowest = spans.get(key);
      if (key === busOf(address) || (narrowest !== undefined && narrowest <= span)) continue;
      spans.set(key, span);
      found.set(key, address);
    }
  }
  return found;
}

/** Far more virtual functions than any device uses; the field has sixteen bits. */
const VIRTUAL_MAX = 256;

/**
 * The physical function of each listed virtual function. A routing id is bus, slot and function as
 * one number. The first virtual function's routing id is the physical function's plus the offset,
 * and the others follow at the stride (PCI Express, SR-IOV capability).
 */
export function physicalFunctions(listed: readonly Listed[]): ReadonlyMap<string, string> {
  const known = new Map<number, Map<number, string>>();
  for (const { address } of listed) {
    const own = routingId(address);
    if (own === null) continue;
    const { domain, id } = own;
    const inDomain = known.get(domain) ?? new Map<number, string>();
    known.set(domain, inDomain.set(id, address));
  }
  const physical = new Map<string, string>();
  for (const { address, virtualFunctions } of listed) {
    const own = routingId(address);
    if (virtualFunctions === null || own === null) continue;
    const { domain, id } = own;
    const { offset, stride } = virtualFunctions;
    for (let i = 0; i < Math.min(virtualFunctions.count, VIRTUAL_MAX); i++) {
      const virtual = known.get(domain)?.get(id + offset + i * stride);
      if (virtual !== undefined && virtual !== address) physical.set(virtual, address);
    }
  }
  return physical;
}

function routingId(address: string): { readonly domain: number; readonly id: number } | null {
  const parts = pciAddressParts(address);
  if (parts === null) return null;
  return { domain: parts.domain, id: parts.bus * 256 + parts.device * 8 + parts.function };
}
