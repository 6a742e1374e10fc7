import type { AcceleratorParts, TopologyParts } from "@evenkeel/core/topology/build.ts";
import {
  acceleratorPatterns,
  matchingAccelerators,
  matchingDevices,
  nicPatterns,
} from "@evenkeel/core/topology/device-pattern.ts";
import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { standInAddress, standInRoot } from "@evenkeel/core/topology/stand-in.ts";
import type { PciDevice } from "@evenkeel/core/topology/topology.ts";
import { unknownSettings } from "@evenkeel/core/topology/unknown-settings.ts";
import { modelOfName } from "../lspci/models.ts";
import { acceleratorModel } from "../pci-ids/accelerator-models.ts";
import type { Outlined } from "./outline.ts";

/** The devices of an outline, and what of it has no address. */
export interface Devices {
  readonly parts: Pick<TopologyParts, "pci" | "accelerators" | "nics">;
  readonly unused: readonly string[];
}

/** The names that lstopo has for classes. */
const classes: ReadonlyMap<string, string> = new Map([
  ["VGA", "0300"],
  ["3D", "0302"],
  ["Display", "0380"],
  ["Ethernet", "0200"],
  ["InfiniBand", "0207"],
  ["Fabric", "0208"],
  ["Network", "0280"],
  ["NVMExp", "0108"],
  ["SATA", "0106"],
  ["RAID", "0104"],
  ["SCSI", "0100"],
  ["IDE", "0101"],
  ["Co-Processor", "0b40"],
  ["ProcessingAccelerator", "1200"],
]);

/** The PCI devices below their bridges; a bridge without an address gets a stand-in. */
export function devicesOf(
  objects: readonly Outlined[],
  nodeOf: (object: Outlined) => number | null,
): Devices {
  const pci: PciDevice[] = [];
  const names = new Map<string, string>();
  const addressOf = new Map<Outlined, string>();
  const rootOf = new Map<Outlined, string>();
  let [standIns, roots, lost] = [0, 0, 0];
  for (const object of objects) {
    const { type, infos, parent } = object;
    if (type === "HostBridge") {
      const bus = /^([0-9a-f]{4,8}):\[([0-9a-f]{2})-/.exec(infos.get("buses") ?? "");
      rootOf.set(object, bus === null ? standInRoot(roots++) : `pci${bus[1]}:${bus[2]}`);
      continue;
    }
    if (type !== "PCI" && type !== "PCIBridge") continue;
    const printed = infos.get("busid") ?? object.name ?? "";
    const known = normalPciAddress(printed);
    const address = known ?? (type === "PCIBridge" ? standInAddress(standIns++) : null);
    if (address === null || addressOf.size > 16_384) {
      lost++;
      continue;
    }
    const above = parent === null ? undefined : rootOf.get(parent);
    const root = above ?? `pci${address.slice(0, -5)}`;
    const bridge = parent === null ? null : (addressOf.get(parent) ?? null);
    addressOf.set(object, address);
    rootOf.set(object, root);
    const [vendor = null, device = null] = (infos.get("id") ?? "")
      .split(":")
      .filter((id) => id !== "");
    const code = /^([0-9a-f]{4})\(/.exec(infos.get("class") ?? "")?.[1];
    const word = object.words.find((each) => classes.has(each)) ?? "";
    const name = `${infos.get("PCIVendor") ?? ""} ${infos.get("PCIDevice") ?? ""}`.trim();
    if (name !== "") names.set(address, name);
    pci.push({
      address,
      parent: bridge,
      root,
      class: type === "PCIBridge" ? "0604" : (code ?? classes.get(word) ?? ""),
      vendor,
      device,
      node: nodeOf(object),
      iommuGroup: null,
      driver: null,
      link: null,
      barBytes: null,
      physicalFunction: null,
      ...unknownSettings,
    });
  }
  const nics = matchingDevices(pci, nicPatterns).map(({ address }) => {
    const below = objects.filter(
      ({ parent }) => parent !== null && addressOf.get(parent) === address,
    );
    const rdma = below.find(({ type }) => type === "OpenFabrics")?.name ?? null;
    const net = below.find(({ type }) => type === "Net" || type === "Network")?.name ?? null;
    return { address, name: rdma ?? net, rdma: rdma === null ? null : true };
  });
  const accelerators = matchingAccelerators(pci, acceleratorPatterns).map(
    ({ address, vendor, device }): AcceleratorParts => {
      const model = acceleratorModel(vendor, device) ?? modelOfName(names.get(address) ?? null);
      return { address, model, uuid: null, moduleId: null, memoryBytes: null };
    },
  );
  const unused = lost === 0 ? [] : [`${lost} PCI devices without their addresses`];
  return { parts: { pci, accelerators, nics }, unused };
}
