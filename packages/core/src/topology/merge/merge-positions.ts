import { isStandIn } from "../stand-in.ts";
import type { PciDevice } from "../topology.ts";
import { grouped, type Part, type Report, settle } from "./finding.ts";
import { type Entry, mergedRoots, reportRoots } from "./host-bridges.ts";
import type { Joined } from "./join-devices.ts";

/** The position of a function: the key of the bridge above, or null, and the host bridge. */
export type Position = Pick<PciDevice, "parent" | "root">;

/**
 * Merges the position of each function, by its key.
 *
 * A real bridge takes precedence over a stand-in, and a stand-in over none: `nvidia-smi topo` knows
 * that two GPUs share a switch, but not which. So its stand-in bridges are used until a source
 * knows the real ones. A stand-in bridge is matched with the real one that is above the same
 * device, step by step upwards; so a NIC that only the text knows still ends up below the switch of
 * its GPU. A missing bridge is no statement, because many sources do not know bridges.
 *
 * A function's host bridge is that of the topmost bridge above it, so bridge and host bridge agree
 * even if they come from different sources. A stand-in host bridge is the real one of any device
 * below both.
 *
 * The cost is linear in the functions and the bridges above them, at most 256 each.
 */
export function mergePositions(
  parts: readonly Part[],
  joined: Joined,
  report: Report,
): ReadonlyMap<string, Position> {
  const bridges = sameBridges(parts, joined);
  const keyOf = (position: number, address: string): string => {
    const key = joined.keyOf(position, address);
    return bridges.get(key) ?? key;
  };
  // A matched stand-in bridge counts for the devices below it, but has no fields of its own.
  const groups = grouped(
    parts,
    ({ topology }, position) =>
      topology.pci
        .filter(({ address }) => !bridges.has(joined.keyOf(position, address)))
        .map((device) => ({ device, position })),
    ({ device }, position) => keyOf(position, device.address),
  );
  const parents = new Map<string, string | null>();
  for (const [key, entries] of groups) parents.set(key, parentOf(key, entries, keyOf, report));
  breakLoops(parents, report);
  const rootOf = mergedRoots(parts, groups);
  const positions = new Map<string, Position>();
  for (const key of needed(groups, parents, keyOf)) {
    const top = topOf(key, parents);
    positions.set(key, {
      parent: parents.get(key) ?? null,
      root: rootOf(groups.get(top) ?? groups.get(key) ?? []),
    });
  }
  reportRoots(groups, parents, report);
  return positions;
}

/** The real key of each stand-in bridge that another source knows. */
function sameBridges(parts: readonly Part[], joined: Joined): ReadonlyMap<string, string> {
  const same = new Map<string, string>();
  const taken = new Set<string>();
  const above = parts.map(
    ({ topology }) => new Map(topology.pci.map(({ address, parent }) => [address, parent])),
  );
  const groups = grouped(
    parts,
    ({ topology }, position) => topology.pci.map(({ address }) => ({ address, position })),
    ({ address }, position) => joined.keyOf(position, address),
  );
  for (const entries of groups.values()) {
    if (entries.length < 2) continue;
    const real = entries.find(([, { address }]) => !isStandIn(address)) ?? entries[0];
    for (const entry of entries) {
      if (real === undefined || entry === real || !isStandIn(entry[1].address)) continue;
      let [there, here] = [real[1].address, entry[1].address];
      const steps = new Set<string>();
      while (!steps.has(here)) {
        steps.add(here);
        const [up, own] = [
          above[real[1].position]?.get(there),
          above[entry[1].position]?.get(here),
        ];
        if (up === undefined || up === null || own === undefined || own === null) break;
        const [target, key] = [
          joined.keyOf(real[1].position, up),
          joined.keyOf(entry[1].position, own),
        ];
        if (!isStandIn(own) || target === key) break;
        const owner = `${entry[1].position} ${target}`;
        if (same.has(key) ? same.get(key) !== target : taken.has(owner)) break;
        same.set(key, target);
        taken.add(owner);
        [there, here] = [up, own];
      }
    }
  }
  return same;
}

function parentOf(
  key: string,
  entries: readonly Entry[],
  keyOf: (position: number, address: string) => string,
  report: Report,
): string | null {
  const claims = entries.map(([{ label }, { device, position }]) => ({
    label,
    value: device.parent === null ? null : keyOf(position, device.parent),
  }));
  const real = claims.map(({ label, value }) => ({
    label,
    value: value === null || isStandIn(value) ? null : value,
  }));
  const [subject, path] = [key, `pci[${key}].parent`];
  return (
    settle({ code: "device-differs", subject, path, what: "bridge above", claims: real }, report) ??
    claims.find(({ value }) => value !== null)?.value ??
    null
  );
}

/**
 * Breaks loops: two sources may each put one bridge below the other. The last link of a loop is
 * removed.
 */
function breakLoops(parents: Map<string, string | null>, report: Report): void {
  const safe = new Set<string>();
  for (const start of parents.keys()) {
    const path = new Set<string>();
    let at: string | null = start;
    while (at !== null && !safe.has(at)) {
      path.add(at);
      const up: string | null = parents.get(at) ?? null;
      if (up !== null && path.has(up)) {
        report({
          code: "device-differs",
          subject: at,
          path: `pci[${at}].parent`,
          values: [],
          message: `${at}: the sources together put it below itself`,
        });
        parents.set(at, null);
        break;
      }
      at = up;
    }
    for (const key of path) safe.add(key);
  }
}

function topOf(key: string, parents: ReadonlyMap<string, string | null>): string {
  let at = key;
  for (let up = parents.get(at) ?? null; up !== null; up = parents.get(at) ?? null) at = up;
  return at;
}

/** Every function, except stand-in bridges with nothing below them. */
function needed(
  groups: ReadonlyMap<string, readonly Entry[]>,
  parents: ReadonlyMap<string, string | null>,
  keyOf: (position: number, address: string) => string,
): ReadonlySet<string> {
  const bridges = new Set<string>();
  for (const entries of groups.values()) {
    for (const [, { device, position }] of entries) {
      const above = device.parent === null ? null : keyOf(position, device.parent);
      if (above !== null && isStandIn(above)) bridges.add(above);
    }
  }
  const kept = new Set<string>();
  for (const key of groups.keys()) {
    if (bridges.has(key)) continue;
    for (let at: string | null = key; at !== null && !kept.has(at); at = parents.get(at) ?? null) {
      kept.add(at);
    }
  }
  return kept;
}
