import { interconnects } from "../interconnect.ts";
import type { Topology } from "../topology.ts";
import { type Part, type Report, saying } from "./finding.ts";
import type { Joined } from "./join-devices.ts";

/**
 * What a text without addresses says of how two devices reach each other is all it knows of the PCI
 * tree. Where the tree of another source took the place of its stand-in bridges, the two are held
 * against each other: a finding for each pair that the tree does not join as the text says.
 *
 * Direct links are facts of their own (`links`) and compared there; so are nodes, by which alone
 * `NODE` and `SYS` differ.
 */
export function reportInterconnects(
  merged: Topology,
  parts: readonly Part[],
  joined: Joined,
  report: Report,
): void {
  const inResult = interconnects(merged);
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
