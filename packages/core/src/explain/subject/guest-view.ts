import type { Evidence, ShapeCell, ShapeCpu } from "../../evidence/evidence.ts";
import type { GuestDevice, GuestReport } from "../../evidence/guest-report.ts";
import type { PciDevice, Topology } from "../../topology/topology.ts";
import { irrelevant, type Judgement, untold } from "./cause.ts";
import type { Subject } from "./subject.ts";
import { devicesOf } from "./yardstick.ts";

/** What a guest is shown, by its own report or, without one, by what its hypervisor was told. */
export interface GuestView {
  readonly report: GuestReport | null;
  /** The guest's nodes as the hypervisor has them; null where no source tells. */
  readonly cells: readonly ShapeCell[] | null;
  readonly cpu: ShapeCpu | null;
  /** Whether the evidence was read inside the guest, so that the host is out of sight. */
  readonly isInside: boolean;
}

/**
 * The guest's view; null where the subject is no guest. A machine counts as one where its processor
 * says that it is a hypervisor's.
 */
export function guestViewOf({ of, guest, shapes }: Evidence): GuestView | null {
  const isInside = of === "machine" && (guest?.cpu?.flags ?? []).includes("hypervisor");
  if (of !== "vm" && !isInside) return null;
  const known = shapes.filter((shape) => shape.cells !== null);
  const having = known.find((shape) => (shape.cells ?? []).length > 0);
  const cpus = shapes.flatMap(({ cpu }) => cpu ?? []);
  return {
    report: guest,
    cells: having?.cells ?? (known.length > 0 ? [] : null),
    cpu: cpus.find(({ threads }) => threads !== null) ?? cpus[0] ?? null,
    isInside,
  };
}

/** Why a cause cannot judge a guest that has not reported. */
const noReport: Judgement = untold(
  "there is no report of the guest: run the script of evenkeel guest script in it",
);

/** Why a cause cannot judge a guest from inside. */
export const hostUnseen: Judgement = untold("the host shows it: look at the VM from there");

/** A device of the host as the guest shows it. */
export interface PassedDevice {
  readonly kind: "accelerator" | "nic";
  readonly shown: GuestDevice;
  /** Those on the host that it may be: alike in vendor and device. Empty inside the guest. */
  readonly onHost: readonly PciDevice[];
}

/**
 * The accelerators and RDMA NICs of the guest; null where its devices, or what they are, is not
 * known. Where the
 * machine's are not, their maker tells what they are.
 *
 * A guest has its own addresses, so a device is known by its vendor and device, which other than
 * passed-through devices do not share. Inside the guest the machine is the guest itself.
 */
export function passedDevices(
  { evidence, topology, machine }: Subject,
  { report, isInside }: GuestView,
): readonly PassedDevice[] | null {
  if (report === null || report.devices === null) return null;
  if (!isInside && (topology === null || machine?.topology == null)) {
    return report.devices.flatMap(byMaker);
  }
  if (topology === null) return null;
  if (!isInside && report.devices.some(isNameless)) return null;
  const given = isInside ? ownDevices(topology) : devicesOf(evidence, topology);
  const named = (addresses: readonly string[]): readonly PciDevice[] =>
    topology.pci.filter(({ address }) => addresses.includes(address));
  const [accelerators, nics] = [named(given.accelerators), named(given.nics)];
  return report.devices.flatMap((shown): PassedDevice[] => {
    const isIt = ({ address, vendor, device }: PciDevice): boolean =>
      isInside ? address === shown.address : vendor === shown.vendor && device === shown.device;
    for (const [kind, all] of [
      ["accelerator", accelerators],
      ["nic", nics],
    ] as const) {
      const those = all.filter(isIt);
      if (those.length > 0) return [{ kind, shown, onHost: isInside ? [] : those }];
    }
    return [];
  });
}

/** NVIDIA, AMD and Habana, whose devices no emulator makes; Mellanox and Broadcom. */
const makers = new Map<string | null, PassedDevice["kind"]>([
  ["10de", "accelerator"],
  ["1002", "accelerator"],
  ["1da3", "accelerator"],
  ["15b3", "nic"],
  ["14e4", "nic"],
]);

const isNameless = ({ vendor, device }: GuestDevice): boolean => vendor === null || device === null;

function byMaker(shown: GuestDevice): PassedDevice[] {
  const kind = makers.get(shown.vendor);
  return kind === undefined ? [] : [{ kind, shown, onHost: [] }];
}

function ownDevices({ accelerators, nics }: Topology): ReturnType<typeof devicesOf> {
  return {
    accelerators: accelerators.map(({ address }) => address),
    nics: nics.filter(({ rdma }) => rdma === true).map(({ address }) => address),
  };
}

/** The cores of the host, as lists of their CPUs; null where nobody told, as no host has none. */
export function coresOf({ evidence, topology }: Subject): readonly string[] | null {
  const cores = evidence.cores ?? topology?.cores.map(({ cpus }) => cpus) ?? [];
  return cores.length === 0 ? null : cores;
}

/** `0000:02:00.0`, or `3 devices` where there are several. */
export function namesOf(devices: readonly { readonly address: string }[]): string {
  const [first] = devices;
  return first !== undefined && devices.length === 1 ? first.address : `${devices.length} devices`;
}

/** Judges a guest by its report; without one it is unknown, and without a guest no matter. */
export function judgeReport(
  { evidence }: Subject,
  judge: (report: GuestReport, view: GuestView) => Judgement,
): Judgement {
  const view = guestViewOf(evidence);
  if (view === null) return irrelevant;
  return view.report === null ? noReport : judge(view.report, view);
}
