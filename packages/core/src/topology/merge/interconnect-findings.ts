import { interconnects, pciInterconnects } from "../interconnect.ts";
import { comparePciAddresses } from "../pci-address.ts";
import { isStandIn } from "../stand-in.ts";
import type { PciDevice, StatedInterconnect, Topology } from "../topology.ts";
import { type Part, type Report, saying, settle } from "./finding.ts";
import type { Joined } from "./join-devices.ts";

/**
 * The merged interconnect of every pair of devices for which some source states a class that its
 * own places do not show. The first source that knows the pair is believed, by its statement or by
 * its places. Classes that the merged places show as well are left out when the topology is built.
 *
 * A listing of devices without their bridges, as `lspci` prints it, puts every bus at a root of its
 * own: its places do not count. Where no other source knows the bridges, every pair of a text
 * without addresses counts as stated.
 */
export function mergeInterconnects(
  parts: readonly Part[],
  joined: Joined,
  report: Report,
): StatedInterconnect[] {
  const stated = statedPairs(parts, joined);
  if (stated.size === 0) return [];
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
    return found === null ? [] : [{ a, b, class: found }];
  });
}

/** Of devices that have addresses and hang from nothing but their own buses, and of nothing else. */
function isWithoutBridges({ pci, nodes }: Topology): boolean {
  const isOnOwnBus = ({ address, parent, root }: PciDevice): boolean =>
    parent === null && root === `pci${address.slice(0, address.lastIndexOf(":"))}`;
  return nodes.length === 0 && pci.length > 0 && pci.every(isOnOwnBus);
}

function knowsBridges(topology: Topology): boolean {
  const isPlaced = topology.pci.some(
    ({ address, root }) => !isStandIn(address) && !isStandIn(root),
  );
  return isPlaced && !isWithoutBridges(topology);
}

/** Every pair that a source states, by the keys of both, the lower one first. */
function statedPairs(
  parts: readonly Part[],
  joined: Joined,
): ReadonlyMap<string, readonly [string, string]> {
  const pairs = new Map<string, readonly [string, string]>();
  const onlyListed =
    parts.some(({ topology }) => isWithoutBridges(topology)) &&
    !parts.some(({ topology }) => knowsBridges(topology));
  for (const [position, { topology }] of parts.entries()) {
    const told = onlyListed ? pairsWithoutAddresses(topology) : [];
    for (const { a, b } of [...topology.interconnects, ...told]) {
      const [one, other] = [joined.keyOf(position, a), joined.keyOf(position, b)];
      const ordered =
        comparePciAddresses(one, other) <= 0 ? ([one, other] as const) : ([other, one] as const);
      pairs.set(ordered.join(" "), ordered);
    }
  }
  return pairs;
}

/** The pairs of GPUs and NICs of a text that knows no addresses. */
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
 * Compares the interconnects of a text without addresses with the PCI tree of another source that
 * replaced its stand-in bridges: a finding for each pair that the tree does not join as the text
 * says.
 *
 * Direct links (`links`) are compared elsewhere, and so are nodes, which alone separate `NODE` from
 * `SYS`. Pairs that a source states were settled before.
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
        const [said, found] = [inPart(a.address, b.address), inResult(a.key, b.key)];
        if (said === null || found === null || said === found) continue;
        if (isDirect(said) || isDirect(found)) continue;
        if (settled.has(`${a.key} ${b.key}`) || settled.has(`${b.key} ${a.key}`)) continue;
        if (!isBelowOneBridge(said) && !isBelowOneBridge(found)) continue;
        const values = [
          { source: rest.join(" and "), value: found },
          { source: label, value: said },
        ];
        const subject = `${a.key} and ${b.key}`;
        report({
          code: "interconnect-differs",
          subject,
          path: `interconnect[${a.key},${b.key}]`,
          values,
          message: saying(subject, "interconnect", values),
        });
      }
    }
  }
}

/** Pairs grow with the square of the devices; no machine has so many GPUs and NICs. */
const devicesMax = 512;

function isDirect(name: string): boolean {
  return name.startsWith("NV") || name.startsWith("XGMI");
}

function isBelowOneBridge(name: string): boolean {
  return name !== "NODE" && name !== "SYS";
}
