import { advice } from "../../../remedy/remedy.ts";
import { formatBytes } from "../../../unit/bytes.ts";
import { allKnown } from "../../../unit/list.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { type PassedDevice, passedDevices, judgeReport } from "../../subject/guest-view.ts";

/**
 * A BAR for which the guest found no address, because its PCI window is smaller than its devices
 * need. The driver then reaches the GPU's memory through what is left, or not at all ("This PCI I/O
 * region assigned to your NVIDIA device is invalid"). OVMF gives PCI an eighth of the guest's
 * address space (https://github.com/tianocore/edk2/pull/12997: a quarter since then). Linux clears
 * the BAR in `resource` ("no space", "failed to assign" in its log), so it is missed by the host's.
 */
export const mmioWindowSmall: Cause = {
  code: "mmio-window-small",
  layer: "guest",
  looksFor: "the guest's PCI window has no room for all memory of its devices",
  observable: "guest.devices[].bars",
  readFrom: "/sys/bus/pci/devices/*/resource in the guest",
  acquittedBy: "an address for every BAR that the device has on the host",
  followsFrom: [],
  judge: (subject) =>
    judgeReport(subject, (_report, view) => {
      const passed = passedDevices(subject, view);
      if (passed === null) return untold("the devices of the guest or of the host were not read");
      if (passed.length === 0) return irrelevant;
      const known = passed.filter(({ shown }) => shown.bars !== null);
      const lacking = known.flatMap((one) => lackOf(one) ?? []);
      const [first] = lacking;
      if (first === undefined) {
        if (known.length < passed.length) {
          return untold("the guest did not report the BARs of its devices");
        }
        return view.isInside || passed.every((one) => hostSizes(one) !== null)
          ? acquitted("every BAR has an address")
          : untold("the BARs of its devices on the host were not read");
      }
      return accused({
        about: lacking.length === 1 ? first.address : `${lacking.length} devices`,
        expected: "an address for every BAR",
        found: lacking
          .map(({ address, bytes }) => `no room for ${formatBytes(bytes)} of ${address}`)
          .join(", "),
        evidence: lacking.slice(0, 4).map(({ address }) => `${address}/resource`),
        seen: "directly",
        cost: unknownCost,
        remedy: advice(
          "restart",
          "Give the guest a larger PCI window: the host's address width (host-phys-bits=on, <maxphysaddr mode='passthrough'/>), and opt/ovmf/X-PciMmio64Mb or a later OVMF.",
        ),
      });
    }),
};

/** The largest BAR without an address; null where all have one. */
function lackOf(device: PassedDevice): { address: string; bytes: number } | null {
  const { shown } = device;
  const { address } = shown;
  const bars = shown.bars ?? [];
  const unplaced = bars.filter(({ assigned }) => !assigned).map(({ bytes }) => bytes);
  if (unplaced.length > 0) return { address, bytes: Math.max(...unplaced) };
  // A BAR that the kernel gave up is not listed. Devices alike may differ by a resized BAR.
  const sizes = hostSizes(device);
  if (sizes === null) return null;
  const bytes = Math.min(...sizes);
  return Math.max(0, ...bars.map((bar) => bar.bytes)) < bytes ? { address, bytes } : null;
}

/** The largest BAR of each function on the host that it may be; null where one is unknown. */
function hostSizes({ onHost }: PassedDevice): readonly number[] | null {
  const sizes = onHost.map(({ barBytes }) => (barBytes === null ? null : Math.max(0, ...barBytes)));
  return sizes.length === 0 ? null : allKnown(sizes);
}
