import { at, valueOf } from "../../../unit/list.ts";
import type { Placed } from "./addresses.ts";
import { checkPcieLink } from "./pcie-links.ts";
import type { FileFunction } from "./file.ts";
import { deviceName, type Report } from "./finding.ts";
import { sumOf } from "../../../unit/sum.ts";

/**
 * Which devices share which switches. A file may give bridges any addresses, so which of them
 * stands for which of the host's switches is told by what is below both: pairs with the most in
 * common are matched first, an accelerator counting as two, since it is rather the NIC that is
 * misplaced. Then the device is wrong whose own bridges stand for other switches than are above it.
 *
 * A switch above one device alone changes no distance, and may be there or not.
 */
export function checkSwitches(placed: readonly Placed[], report: Report): void {
  if (placed.some(({ device }) => device.hostSwitches === null)) return;
  const bySwitch = groupBy(placed, switchesOf);
  const byBridge = groupBy(placed, (one) => one.at.above);
  const standsFor = matched(byBridge, bySwitch);
  for (const [bridge, key] of standsFor) {
    const first = at(valueOf(bySwitch, key), 0);
    const link = first.device.hostSwitches?.[switchesOf(first).indexOf(key)]?.link ?? null;
    checkPcieLink(bridge, `the switch ${bridge.busid ?? "without an address"}`, link, report);
  }
  for (const one of placed) {
    const { device, at: place } = one;
    const promised = switchesOf(one).filter((address) => valueOf(bySwitch, address).length > 1);
    const found = place.above.flatMap((bridge) => {
      const address = standsFor.get(bridge) ?? null;
      // A bridge that stands for none, with others below it, makes them meet where they do not.
      if (address === null) return valueOf(byBridge, bridge).length > 1 ? [null] : [];
      return valueOf(bySwitch, address).length > 1 ? [address] : [];
    });
    if (promised.join() === found.map((address) => address ?? "none").join()) continue;
    const near = promised[0];
    const sharing = near === undefined ? [] : (bySwitch.get(near) ?? []).filter((o) => o !== one);
    report(
      "nccl-switch-wrong",
      deviceName(device),
      sharing.length === 0
        ? "no switch that others share"
        : `a switch with ${sharing.map(({ device: { address } }) => address).join(", ")}`,
      describeFound(place, one, byBridge),
      sharing.length === 0
        ? "put it straight below its <cpu>"
        : "put it into the <pci> of the devices that it shares a switch with",
    );
  }
}

/**
 * A switch whose devices are on several cells is one on each, as nothing in the guest is on two.
 */
function switchesOf({ device, at: { numaid } }: Placed): readonly string[] {
  return (device.hostSwitches ?? []).map(({ address }) => `${device.cell ?? numaid} ${address}`);
}

function describeFound(
  { above }: FileFunction,
  one: Placed,
  byBridge: ReadonlyMap<FileFunction, readonly Placed[]>,
): string {
  const [bridge] = above;
  if (bridge === undefined) return "straight below its node";
  const others = (byBridge.get(bridge) ?? []).filter((other) => other !== one);
  const names = others.map(({ device }) => device.address).join(", ");
  return `below ${bridge.busid ?? "a bridge"}${names === "" ? " alone" : ` with ${names}`}`;
}

function groupBy<Key>(
  placed: readonly Placed[],
  keysOf: (one: Placed) => readonly Key[],
): ReadonlyMap<Key, readonly Placed[]> {
  const groups = new Map<Key, Placed[]>();
  for (const one of placed) {
    for (const key of keysOf(one)) groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return groups;
}

/** Bridges with the switches that they stand for, each at most once. */
function matched(
  byBridge: ReadonlyMap<FileFunction, readonly Placed[]>,
  bySwitch: ReadonlyMap<string, readonly Placed[]>,
): ReadonlyMap<FileFunction, string> {
  const weight = (devices: readonly Placed[]): number =>
    sumOf(devices, ({ device }) => (device.kind === "accelerator" ? 2 : 1));
  const candidates = [...byBridge].flatMap(([bridge, below]) =>
    [...bySwitch].flatMap(([address, members]) => {
      const common = weight(below.filter((one) => members.includes(one)));
      const all = weight([...new Set([...below, ...members])]);
      return common === 0 ? [] : [{ bridge, address, common, share: common / all }];
    }),
  );
  const order = candidates.toSorted((a, b) => b.share - a.share || b.common - a.common);
  const result = new Map<FileFunction, string>();
  const taken = new Set<string>();
  for (const { bridge, address } of order) {
    if (result.has(bridge) || taken.has(address)) continue;
    result.set(bridge, address);
    taken.add(address);
  }
  return result;
}
