import { normalPciAddress } from "../../../topology/pci-address.ts";
import { attribute, childElements, childrenNamed } from "../../../xml/element.ts";
import type { GuestContract } from "../../contract/contract.ts";
import type { Placed } from "./addresses.ts";
import { deviceName, type Report } from "./finding.ts";

/** What one accelerator's links lead to. */
interface Ends {
  /** By the other end's address; the lanes are null where the file does not tell. */
  readonly direct: ReadonlyMap<string, number | null>;
  /**
   * The lanes into NVSwitches, by which it reaches every other that has some; null where the file
   * does not tell how many, and undefined where it has none.
   */
  readonly intoSwitches: number | null | undefined;
}

/**
 * NVLink and XGMI between the accelerators: each pair that is linked is listed from one side at
 * least, or both have links into switches, and no other pair.
 */
export function checkDirectLinks(
  { links, devices }: GuestContract,
  placed: readonly Placed[],
  report: Report,
): void {
  const accelerators = placed.filter(({ device }) => device.kind === "accelerator");
  const ends = new Map(accelerators.map((one) => [one.device.address, endsOf(one)]));
  // A device that is missing is a finding by itself.
  const known = new Set(devices.map(({ address }) => address));
  for (const { device } of accelerators) {
    for (const target of ends.get(device.address)?.direct.keys() ?? []) {
      if (known.has(target)) continue;
      const remedy = "name an accelerator of the guest's, or remove the link";
      report("nccl-nvlink-absent", deviceName(device), "accelerators of the guest", target, remedy);
    }
  }
  if (links === null) return;
  for (const [i, { device: a }] of accelerators.entries()) {
    for (const { device: b } of accelerators.slice(i + 1)) {
      const promised = links.find((link) => link.a === a.address && link.b === b.address);
      const found = lanesBetween(ends, a.address, b.address);
      const pair = `accelerators ${a.address} and ${b.address}`;
      const shown = lanesText(promised?.lanes);
      if (promised === undefined) {
        if (found === undefined) continue;
        report("nccl-nvlink-extra", pair, "no link", lanesText(found), "remove it");
      } else if (found === undefined) {
        const remedy = `add <${promised.kind} target="${b.address}"> to the <gpu> of ${a.address}`;
        report("nccl-nvlink-missing", pair, shown, "no link", remedy);
      } else if (promised.lanes !== null && found !== null && found !== promised.lanes) {
        report(
          "nccl-nvlink-lanes",
          pair,
          shown,
          lanesText(found),
          `write count="${promised.lanes}"`,
        );
      }
    }
  }
}

function lanesText(lanes: number | null | undefined): string {
  return lanes === null || lanes === undefined ? "a link" : `a link of ${lanes} lanes`;
}

function endsOf({ at }: Placed): Ends {
  const direct = new Map<string, number | null>();
  const switched: (number | null)[] = [];
  const links = childrenNamed(at.element, "gpu").flatMap((gpu) =>
    childElements(gpu).filter(({ name }) => name === "nvlink" || name === "xgmi"),
  );
  for (const link of links) {
    const target = attribute(link, "target")?.trim() ?? "";
    const count = Number.parseInt(attribute(link, "count") ?? "", 10);
    const lanes = Number.isNaN(count) ? null : count;
    const tclass = attribute(link, "tclass")?.trim().toLowerCase() ?? "";
    // NVML's target for a switch that a guest cannot see.
    if (tclass.startsWith("0x0680") || target.startsWith("fffffff:")) switched.push(lanes);
    else direct.set(normalPciAddress(target) ?? target, lanes);
  }
  return { direct, intoSwitches: sumOf(switched) };
}

function sumOf(lanes: readonly (number | null)[]): number | null | undefined {
  const known = lanes.filter((one) => one !== null);
  if (known.length < lanes.length) return null;
  const sum = known.reduce((total, one) => total + one, 0);
  return sum > 0 ? sum : undefined;
}

/**
 * Undefined where they are not linked; where both sides tell, the lesser, as no more has two ends.
 */
function lanesBetween(
  ends: ReadonlyMap<string, Ends>,
  a: string,
  b: string,
): number | null | undefined {
  const [endsA, endsB] = [ends.get(a), ends.get(b)];
  const told = [endsA?.direct.get(b), endsB?.direct.get(a)].filter((lanes) => lanes !== undefined);
  if (told.length > 0) return leastOf(told);
  const into = [endsA?.intoSwitches, endsB?.intoSwitches].filter((lanes) => lanes !== undefined);
  return into.length < 2 ? undefined : leastOf(into);
}

/** The least of some numbers of lanes; null where one of them is unknown. */
function leastOf(lanes: readonly (number | null)[]): number | null {
  const known = lanes.filter((one) => one !== null);
  return known.length < lanes.length ? null : Math.min(...known);
}
