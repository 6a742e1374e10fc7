import { interconnects, isDirect, pciInterconnects } from "../interconnect.ts";
import { comparePciAddresses } from "../pci-address.ts";
import { isStandIn } from "../stand-in.ts";
import type { PciDevice, StatedInterconnect, Topology } from "../topology.ts";
import { type Part, type Report, valuesMessage, settle } from "./finding.ts";
import type { Joined } from "./join-devices.ts";

/**
 * Merges the interconnect classes of every pair for which a source states a class. Each source
 * contributes the class that it states, or else the class that follows from its places; the first
 * known class is used. A class that also follows from the merged places is left out when the
 * topology is built.
 *
 * A listing without bridges, such as the output of `lspci`, puts every bus on a root of its own, so
 * it does not contribute. If no other source knows the bridges, every pair of a text without
 * addresses counts as stated.
 */
export function mergeInterconnects(
  parts: readonly Part[],
  joined: Joined,
  report: Report,
): StatedInterconnect[] {
  const stated = statedPairs(parts, joined);
  if (stated.size === 0) return [];
  const unknown = new Set(
    parts.flatMap(({ topology }, position) =>
      topology.interconnects
        .filter((one) => one.class === null)
        .map(({ a, b }) =>
          orderedPair(joined.keyOf(position, a), joined.keyOf(position, b)).join(" "),
        ),
    ),
  );
  const asked = parts.map(({ label, topology }, position) => {
    if (isWithoutBridges(topology)) return { label, of: () => null };
    const own = new Map(
      topology.pci.map(({ address }) => [joined.keyOf(position, address), address]),
    );
    const between = pciInterconnects(topology);
    return { label, of: (a: string, b: string) => between(own.get(a) ?? "", own.get(b) ?? "") };
  });
  return [...stated.values()].flatMap(([a, b]) => {
    const found = settle(
      {
        code: "interconnect-differs",
        subject: `${a} and ${b}`,
        path: `interconnect[${a},${b}]`,
        what: "interconnect",
        claims: asked.map(({ label, of }) => ({ label, value: of(a, b) })),
      },
      report,
    );
    // Unknown stays stated as unknown, where no source knows better.
    return found === null && !unknown.has(`${a} ${b}`) ? [] : [{ a, b, class: found }];
  });
}

/**
 * Whether a topology is a mere listing: devices with addresses, all on their own buses, and no
 * nodes.
 */
function isWithoutBridges({ pci, nodes, unnumberedNodes }: Topology): boolean {
  const isOnOwnBus = ({ address, parent, root }: PciDevice): boolean =>
    parent === null && root === `pci${address.slice(0, address.lastIndexOf(":"))}`;
  const tellsNodes = nodes.length > 0 || unnumberedNodes.length > 0;
  return !tellsNodes && pci.length > 0 && pci.every(isOnOwnBus);
}

function knowsBridges(topology: Topology): boolean {
  const isPlaced = topology.pci.some(
    ({ address, root }) => !isStandIn(address) && !isStandIn(root),
  );
  return isPlaced && !isWithoutBridges(topology);
}

/** Every pair with a stated class, by the keys of both devices, the lower key first. */
function statedPairs(
  parts: readonly Part[],
  joined: Joined,
): ReadonlyMap<string, readonly [string, string]> {
  const pairs = new Map<string, readonly [string, string]>();
  const onlyListed =
    parts.some(({ topology }) => isWithoutBridges(topology)) &&
    !parts.some(({ topology }) => knowsBridges(topology));
  for (const [position, { topology }] of parts.entries()) {
    const unaddressed = onlyListed ? pairsWithoutAddresses(topology) : [];
    for (const { a, b } of [...topology.interconnects, ...unaddressed]) {
      const ordered = orderedPair(joined.keyOf(position, a), joined.keyOf(position, b));
      pairs.set(ordered.join(" "), ordered);
    }
  }
  return pairs;
}

function orderedPair(one: string, other: string): readonly [string, string] {
  return comparePciAddresses(one, other) <= 0 ? [one, other] : [other, one];
}

/** The pairs of GPUs and NICs in a text without addresses. */
function pairsWithoutAddresses({
  accelerators,
  nics,
}: Topology): { readonly a: string; readonly b: string }[] {
  const devices = [...accelerators, ...nics]
    .map(({ address }) => address)
    .filter(isStandIn)
    .slice(0, devicesMax);
  return devices.flatMap((a, i) => devices.slice(i + 1).map((b) => ({ a, b })));
}

/**
 * Compares the classes of a text without addresses with the PCI tree that replaced its stand-in
 * bridges, and reports each pair whose classes differ. The classes are all that the text knows
 * about the tree.
 *
 * Direct links are compared elsewhere (`links`), and so are nodes, which alone decide between
 * `NODE` and `SYS`. Pairs with a stated class are already decided.
 */
export function reportInterconnects(
  merged: Topology,
  parts: readonly Part[],
  joined: Joined,
  report: Report,
): void {
  const inResult = interconnects(merged);
  const settled = statedPairs(parts, joined);
  for (const [position, { label, topology }] of parts.entries()) {
    const wanted = new Set(joined.joinedKeys[position]);
    if (wanted.size < 2) continue;
    const inPart = interconnects(topology);
    const devices = topology.pci
      .map(({ address }) => ({ address, key: joined.keyOf(position, address) }))
      .filter(({ key }) => wanted.has(key))
      .slice(0, devicesMax);
    const rest = parts.filter((_, other) => other !== position).map((part) => part.label);
    for (const [i, a] of devices.entries()) {
      for (const b of devices.slice(i + 1)) {
        const [inText, found] = [inPart(a.address, b.address), inResult(a.key, b.key)];
        if (inText === null || found === null || inText === found) continue;
        if (isDirect(inText) || isDirect(found)) continue;
        if (settled.has(`${a.key} ${b.key}`) || settled.has(`${b.key} ${a.key}`)) continue;
        if (!isBelowOneBridge(inText) && !isBelowOneBridge(found)) continue;
        const values = [
          { source: rest.join(" and "), value: found },
          { source: label, value: inText },
        ];
        const subject = `${a.key} and ${b.key}`;
        report({
          code: "interconnect-differs",
          subject,
          path: `interconnect[${a.key},${b.key}]`,
          values,
          message: valuesMessage(subject, "interconnect", values),
        });
      }
    }
  }
}

/** More GPUs and NICs than any machine has; bounds the work that is quadratic in them. */
const devicesMax = 512;

function isBelowOneBridge(name: string): boolean {
  return name !== "NODE" && name !== "SYS";
}
