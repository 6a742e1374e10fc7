import { advice } from "../../../remedy/remedy.ts";
import { pcieRateText } from "../../../topology/pcie-rate.ts";
import type { PcieLink, PciDevice } from "../../../topology/topology.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import type { FindingCost } from "../../../verify/verdict/verdict.ts";
import { type Accusation, accused, acquitted, type Cause } from "../../subject/cause.ts";
import { chainOf, judgeDevices, type OwnDevices, physical } from "../../subject/own-devices.ts";
import { transferCost } from "./transfer-cost.ts";

/**
 * An accelerator behind the chipset shares the chipset's few lanes to the processor with disks, USB
 * and the network, whatever its own link says, and nvidia-smi calls it PHB like any other.
 * https://github.com/noonghunna/club-3090/pull/895: 6.5 GB/s in place of 13.2
 *
 * Only where it is known: AMD's chipsets are PCIe switches with ids of their own, Intel's have
 * their root ports as devices 1a to 1d of the bus whose device 1f is the bridge to the chipset's
 * slow devices, in every datasheet since 2004.
 */
export const chipsetLanes: Cause = {
  code: "chipset-lanes",
  layer: "fabric",
  looksFor: "an accelerator hangs on the chipset's lanes and not on the processor's",
  observable: "machine.topology.pci[].{vendor,device,parent} above the accelerator",
  readFrom: "/sys/bus/pci/devices (lspci -t, lspci -n)",
  acquittedBy: "a port of the processor above the accelerator",
  followsFrom: [],
  judge: (subject) =>
    judgeDevices(subject, (own) => {
      const { accelerators, topology } = own;
      const behind = accelerators.flatMap((address) => accusationOf(address, own) ?? []);
      if (behind.length > 0) return accused(...behind);
      const { cpuModel } = topology.machine;
      return acquitted(
        `no chipset above ${accelerators.length === 1 ? "it" : "them"}${cpuModel === null ? "" : `: lanes of the ${cpuModel}`}`,
      );
    }),
};

function accusationOf(address: string, own: OwnDevices): Accusation | null {
  const device = physical(address, own.byAddress);
  const chain = device === undefined ? [] : chainOf(device, own.byAddress);
  const ports = chain.slice(1).filter((port) => isOfChipset(port, own.topology.pci));
  const highest = ports.at(-1);
  if (device === undefined || highest === undefined) return null;
  const { uplink, text } = uplinkOf(highest);
  return {
    about: address,
    expected: "lanes of the processor",
    found: `below the chipset's port ${highest.address}${text}`,
    evidence: chain.map((one) => `${one.address} ${one.vendor}:${one.device} class ${one.class}`),
    seen: "directly",
    cost: costOf(device.link, uplink),
    remedy: advice(
      "host-reboot",
      `Move ${address} to a slot on the processor's lanes (the board's manual says which), or give the work to another accelerator.`,
    ),
  };
}

/** The link to the processor, where it is one of PCIe: AMD's. Intel's DMI is in no PCI register. */
function uplinkOf({ link, vendor }: PciDevice): {
  readonly uplink: PcieLink | null;
  readonly text: string;
} {
  if (vendor !== amd || link === null) return { uplink: null, text: "" };
  const rate = pcieRateText(link.maxSpeedGTs, link.width);
  return { uplink: link, text: `, which shares ${rate} to the processor with all that is on it` };
}

/** By the lanes that are left, were nothing else on the chipset busy. */
function costOf(own: PcieLink | null, uplink: PcieLink | null): FindingCost {
  const [mine, shared] = [bandwidth(own), bandwidth(uplink)];
  if (mine === null || shared === null || mine <= shared) return unknownCost;
  return transferCost("hostToDevice", mine / shared);
}

function bandwidth(link: PcieLink | null): number | null {
  const speed = link?.maxSpeedGTs ?? null;
  const width = link?.width ?? null;
  return speed === null || width === null ? null : speed * width;
}

const amd = "1022";

function isOfChipset(port: PciDevice, pci: readonly PciDevice[]): boolean {
  const { vendor, device, class: code, address } = port;
  if (!code.startsWith("0604") || device === null) return false;
  if (vendor === amd) return /^43[a-f]/.test(device) || /^57(?:ad|a3|a4)$/.test(device);
  if (vendor !== "8086" || !/:1[a-d]\.[0-7]$/.test(address)) return false;
  const bus = address.slice(0, -4);
  const bridge = pci.find((one) => one.address === `${bus}1f.0`);
  return bridge?.vendor === "8086" && bridge.class.startsWith("0601") && bridge.device !== q35;
}

/** The bridge of QEMU's q35, which stands on no chipset. */
const q35 = "2918";
