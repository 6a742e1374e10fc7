import { bridgesAbove } from "../../topology/interconnect.ts";
import type { PciDevice, Topology } from "../../topology/topology.ts";
import { wholeAccelerators } from "../../topology/virtual-functions.ts";
import { irrelevant, type Judgement, untold } from "./cause.ts";
import type { Subject } from "./subject.ts";
import { devicesOf } from "./yardstick.ts";

/** The devices that a cause of the fabric is about, on a machine that is known. */
export interface OwnDevices {
  readonly topology: Topology;
  readonly byAddress: ReadonlyMap<string, PciDevice>;
  /** Addresses. Of a machine all that it has, whoever uses them. */
  readonly accelerators: readonly string[];
  readonly nics: readonly string[];
}

/** The accelerators and NICs of a subject; null where its machine was not read. */
function ownDevices({ evidence, topology }: Subject): OwnDevices | null {
  if (topology === null) return null;
  const all = {
    accelerators: wholeAccelerators(topology).map(({ address }) => address),
    nics: topology.nics.map(({ address }) => address),
  };
  const own = evidence.of === "machine" ? all : devicesOf(evidence, topology);
  return { topology, ...own, byAddress: new Map(topology.pci.map((one) => [one.address, one])) };
}

/**
 * Judges the devices of a subject. One that has none is no matter for any cause of the fabric; one
 * whose machine was not read may have some.
 */
export function judgeDevices(subject: Subject, judge: (own: OwnDevices) => Judgement): Judgement {
  if (subject.machine?.topology != null) return judgeListed(subject, judge);
  return hasNone(subject) ? irrelevant : untold("the machine's devices were not read");
}

/** The same where it is enough that the subject lists its devices: what is above them is unread. */
export function judgeListed(subject: Subject, judge: (own: OwnDevices) => Judgement): Judgement {
  return judgeFunctions(subject, (own) =>
    own.accelerators.length === 0 ? irrelevant : judge(own),
  );
}

/** The same of a subject that has NICs alone. */
export function judgeFunctions(subject: Subject, judge: (own: OwnDevices) => Judgement): Judgement {
  const own = ownDevices(subject);
  if (own === null) {
    return hasNone(subject) ? irrelevant : untold("the machine's devices were not read");
  }
  return own.accelerators.length + own.nics.length === 0 ? irrelevant : judge(own);
}

/** Whether the subject is known to have no PCI function of its own. */
export function hasNone({ evidence: { of, devices, shapes } }: Subject): boolean {
  if (of === "machine") return false;
  return devices.length === 0 && shapes.every((shape) => (shape.devices ?? []).length === 0);
}

/** The function itself, or of a virtual function the physical one, which has the link. */
export function physical(
  address: string,
  byAddress: OwnDevices["byAddress"],
): PciDevice | undefined {
  const found = byAddress.get(address);
  return byAddress.get(found?.physicalFunction ?? address) ?? found;
}

/** The function and the bridges above it, nearest first. */
export function chainOf(device: PciDevice, byAddress: OwnDevices["byAddress"]): PciDevice[] {
  const above = bridgesAbove(device, byAddress).flatMap((bridge) => byAddress.get(bridge) ?? []);
  return [device, ...above];
}

/**
 * Whether QEMU made the function: what such a port says of its link is made up, the link of a
 * device that is passed through is real.
 */
export function isEmulated({ vendor, device }: PciDevice): boolean {
  if (vendor === "1b36" || vendor === "1af4" || vendor === "1234") return true;
  return emulatedPorts.has(`${vendor}:${device}`);
}

/** x3130-upstream, xio3130-downstream, ioh3420. */
const emulatedPorts: ReadonlySet<string> = new Set(["104c:8232", "104c:8233", "8086:3420"]);
