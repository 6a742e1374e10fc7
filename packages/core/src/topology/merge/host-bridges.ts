import { isStandIn } from "../stand-in.ts";
import type { PciDevice } from "../topology.ts";
import { type Part, type Report, valuesMessage } from "./finding.ts";

/** A function as one part has it, and that part. */
export type Entry = readonly [Part, { readonly device: PciDevice; readonly position: number }];

/**
 * The host bridges that sources name for a function. A listing without bridges puts every bus on a
 * root of its own; that does not count where another source knows a bridge above.
 */
function knownRoots(entries: readonly Entry[]): readonly Named[] {
  const named = entries.filter(([, { device }]) => !isStandIn(device.root));
  const below = named.filter(([, { device }]) => !isOwnBus(device));
  const known = below.some(([, { device }]) => device.parent !== null) ? below : named;
  return known.map(([{ label }, { device }]) => ({ source: label, value: device.root }));
}

interface Named {
  readonly source: string;
  readonly value: string;
}

function isOwnBus({ address, parent, root }: PciDevice): boolean {
  return parent === null && root === `pci${address.slice(0, address.lastIndexOf(":"))}`;
}

/** The host bridge of each function in the merged topology. */
export function mergedRoots(
  parts: readonly Part[],
  groups: ReadonlyMap<string, readonly Entry[]>,
): (entries: readonly Entry[]) => string {
  const names = new Map<string, string>();
  const used = new Set(parts.flatMap(({ topology }) => topology.pci.map(({ root }) => root)));
  for (const entries of groups.values()) {
    const [known] = knownRoots(entries);
    if (known === undefined) continue;
    for (const [, { device, position }] of entries) {
      const name = `${position} ${device.root}`;
      if (isStandIn(device.root) && !names.has(name)) names.set(name, known.value);
    }
  }
  // A host bridge that no source names is the same one for all functions below it.
  for (const entries of groups.values()) {
    const roots = entries.map(([, { device, position }]) => `${position} ${device.root}`);
    const name = roots.find((root) => names.has(root));
    for (const root of roots)
      if (!names.has(root) && name !== undefined) names.set(root, names.get(name) ?? root);
    const [first] = entries;
    if (name === undefined && first !== undefined && isStandIn(first[1].device.root)) {
      const fresh = freshRoot(first[1], used, names);
      for (const root of roots) names.set(root, fresh);
    }
  }
  return (entries) => {
    const [known] = knownRoots(entries);
    if (known !== undefined) return known.value;
    const [first] = entries;
    if (first === undefined) return "";
    return names.get(`${first[1].position} ${first[1].device.root}`) ?? first[1].device.root;
  };
}

/** A stand-in keeps its name unless that is in use for another host bridge. */
function freshRoot(
  { device }: Entry[1],
  used: Set<string>,
  names: ReadonlyMap<string, string>,
): string {
  const given = new Set(names.values());
  if (!given.has(device.root)) return device.root;
  const stem = device.root.slice(0, device.root.lastIndexOf(":") + 1);
  for (let ordinal = 0; ; ordinal++) {
    const name = `${stem}${ordinal.toString(16).padStart(2, "0")}`;
    if (used.has(name) || given.has(name)) continue;
    used.add(name);
    return name;
  }
}

/** Reports different host bridges once, at the topmost function that has them. */
export function reportRoots(
  groups: ReadonlyMap<string, readonly Entry[]>,
  parents: ReadonlyMap<string, string | null>,
  report: Report,
): void {
  const rootsText = (key: string | null): string => {
    const roots = knownRoots(key === null ? [] : (groups.get(key) ?? [])).map(({ value }) => value);
    return [...new Set(roots)].toSorted().join(" ");
  };
  for (const [key, entries] of groups) {
    const roots = rootsText(key);
    if (!roots.includes(" ") || roots === rootsText(parents.get(key) ?? null)) continue;
    const values = knownRoots(entries);
    report({
      code: "device-differs",
      subject: key,
      path: `pci[${key}].root`,
      values,
      message: valuesMessage(key, "host bridge", values),
    });
  }
}
