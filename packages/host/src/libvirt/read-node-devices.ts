import {
  type AcceleratorParts,
  buildTopology,
  type NicParts,
  type NodeParts,
} from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import { deviceModels } from "@evenkeel/core/topology/device-models.ts";
import {
  acceleratorPatterns,
  matchingAccelerators,
  matchingDevices,
  nicPatterns,
} from "@evenkeel/core/topology/device-pattern.ts";
import type { Machine, NicPort, PciDevice, Topology } from "@evenkeel/core/topology/topology.ts";
import { attribute, child, childrenNamed, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { rdmaById } from "../pci-ids/rdma-nics.ts";
import { modelOfName } from "../lspci/models.ts";
import { acceleratorModel } from "../pci-ids/accelerator-models.ts";
import { ignore, type Note, noteLeftovers } from "../text/note.ts";
import { nameOfText } from "../text/read-lines.ts";
import { mediatedDevices } from "./mediated-devices.ts";
import { meaningful, readCount, readDocuments, unexpected } from "./documents.ts";
import {
  command,
  type NodeDevice,
  type PciCapability,
  readNodeDevice,
  readPciCapability,
  textAt,
} from "./node-device.ts";
import { placesOf } from "./node-device-places.ts";
import { unknownSettings } from "@evenkeel/core/topology/unknown-settings.ts";

/**
 * Reads a machine's devices from `virsh nodedev-dumpxml`, one document per device, in any number:
 * PCI functions with their bridges, IOMMU groups, links and nodes, the names and speeds of network
 * interfaces, and the machine's vendor and product. `note` gets the kinds of devices that a
 * topology does not hold.
 *
 * Nodes are known by number alone; they get no CPUs, and their memory is unknown. A bridge without
 * a document of its own has no ids. BAR sizes are unknown.
 *
 * Errors: those of `readXml`; `xml-unexpected` where there is no device, or an element that is not
 * one; `topology-inconsistent`. https://libvirt.org/formatnode.html
 */
export function readLibvirtNodeDevices(text: string, where: string, note: Note = ignore): Topology {
  const documents = readDocuments(text, "device", where);
  if (documents.length === 0) throw unexpected("has no device", where, command);
  const devices = new Map<string, NodeDevice>();
  for (const document of documents) {
    const device = readNodeDevice(document, where);
    // Overlapping lists, such as those by capability, contain some devices twice.
    if (!devices.has(device.name)) devices.set(device.name, device);
  }
  const pci = readPci(devices, where);
  const functions = pci.map(({ device }) => device);
  const topology = buildTopology({
    name: nameOfText(where),
    source: "libvirt-nodedev",
    machine: readMachine(devices),
    nodes: nodesOf(functions),
    pci: functions,
    accelerators: readAccelerators(pci, devices),
    nics: readNics(pci, devices),
  });
  const checked = checkedTopology(topology, where);
  const kinds = [...devices.values()].flatMap(({ capabilities }) => [...capabilities.keys()]);
  noteLeftovers(note, "virsh nodedev-dumpxml", where, {
    missing: [],
    unused: [...new Set(kinds)]
      .filter((kind) => !usedKinds.has(kind))
      .map((kind) => `devices of kind ${kind.slice(0, 40)}`),
  });
  return checked;
}

const usedKinds: ReadonlySet<string> = new Set(["pci", "net", "system", "mdev"]);

/** A bus number has eight bits, so a longer path cannot exist. */
const BRIDGES_MAX = 256;
const FUNCTIONS_MAX = 16_384;

interface NamedPci {
  /** Null for a bridge without a document of its own. */
  readonly name: string | null;
  readonly device: PciDevice;
  /** Its name in the host's PCI ID database. */
  readonly product: string | null;
}

function readPci(devices: ReadonlyMap<string, NodeDevice>, where: string): NamedPci[] {
  const listed = [...devices.values()].flatMap((device) => {
    const capability = device.capabilities.get("pci");
    return capability === undefined ? [] : [{ device, pci: readPciCapability(capability, where) }];
  });
  const placeOf = placesOf(
    devices,
    new Map(listed.map(({ device, pci }) => [device.name, pci.address])),
  );
  const physicalOf = new Map(
    listed.flatMap(({ pci }) => pci.virtualFunctions.map((each) => [each, pci.address] as const)),
  );
  const belowOf = childrenByParent(devices);
  const found: NamedPci[] = [];
  const bridges = new Map<string, PciDevice>();
  for (const { device, pci } of listed) {
    const place = placeOf(device, pci.address);
    if (place.bridges.length > BRIDGES_MAX || bridges.size > FUNCTIONS_MAX) {
      throw unexpected("has more bridges than any machine", where, command);
    }
    place.bridges.forEach((bridge, i) => {
      const parent = place.bridges[i - 1] ?? null;
      if (!bridges.has(bridge)) bridges.set(bridge, unlistedBridge(bridge, parent, place.root));
    });
    const below = belowOf.get(device.name) ?? [];
    const physical = pci.physicalFunction ?? physicalOf.get(pci.address) ?? null;
    found.push({
      name: device.name,
      product: pci.product,
      device: {
        address: pci.address,
        parent: place.bridges.at(-1) ?? null,
        root: place.root,
        class: classOf(pci, below),
        vendor: pci.vendor,
        device: pci.device,
        node: pci.node,
        iommuGroup: pci.iommuGroup,
        driver: device.driver,
        link: pci.link,
        barBytes: null,
        physicalFunction: physical === pci.address ? null : physical,
        ...unknownSettings,
      },
    });
  }
  const known = new Set(found.map(({ device }) => device.address));
  const unlisted = [...bridges.values()].filter(({ address }) => !known.has(address));
  return [...found, ...unlisted.map((device) => ({ name: null, product: null, device }))];
}

function unlistedBridge(address: string, parent: string | null, root: string): PciDevice {
  return {
    address,
    parent,
    root,
    class: "0604",
    vendor: null,
    device: null,
    node: null,
    iommuGroup: null,
    driver: null,
    link: null,
    barBytes: null,
    physicalFunction: null,
    ...unknownSettings,
  };
}

function childrenByParent(
  devices: ReadonlyMap<string, NodeDevice>,
): ReadonlyMap<string | null, readonly NodeDevice[]> {
  return Map.groupBy(devices.values(), ({ parent }) => parent);
}

/**
 * PCI classes by the type of a device directly below the function, for functions without a class.
 */
const classesByChild: readonly (readonly [type: string, code: string])[] = [
  ["net", "02"],
  ["scsi_host", "01"],
  ["drm", "03"],
  ["usb_device", "0c03"],
];

/**
 * libvirt reports the class since 5.2. Without it, a bridge is recognized by its capability, an
 * accelerator by its ids, and other functions by the devices below them; the rest have no class.
 */
function classOf(pci: PciCapability, below: readonly NodeDevice[]): string {
  if (pci.class !== null) return pci.class;
  if (pci.isBridge) return "0604";
  const { vendor, device } = pci;
  if (acceleratorModel(vendor, device) !== null) {
    const model = deviceModels.find((each) => each.vendor === vendor && each.device === device);
    // NVIDIA's data center GPUs are 3D controllers: they have no display.
    return model?.class ?? (vendor === "10de" ? "0302" : "");
  }
  const listed = classesByChild.find(([type]) =>
    below.some(({ capabilities }) => capabilities.has(type)),
  );
  return listed?.[1] ?? "";
}

/**
 * The accelerators. A virtual function has the model of its physical function, and the vGPU type of
 * its mediated device as its profile.
 */
function readAccelerators(
  pci: readonly NamedPci[],
  devices: ReadonlyMap<string, NodeDevice>,
): AcceleratorParts[] {
  const functions = acceleratorsAmong(pci.map(({ device }) => device));
  const byAddress = new Map(functions.map((each) => [each.address, each]));
  const names = new Map(pci.map(({ name, device }) => [device.address, name]));
  const products = new Map(pci.map(({ product, device }) => [device.address, product]));
  const partsOf = mediatedDevices(devices);
  return functions.map(({ address, vendor, device, physicalFunction }) => {
    const whole = byAddress.get(physicalFunction ?? "");
    const parts = partsOf.get(names.get(address) ?? "") ?? [];
    return {
      address,
      model:
        acceleratorModel(vendor, device) ??
        acceleratorModel(whole?.vendor ?? null, whole?.device ?? null) ??
        modelOfName(products.get(whole?.address ?? address) ?? null),
      uuid: null,
      moduleId: null,
      memoryBytes: null,
      profile: physicalFunction === null ? null : (parts[0]?.profile ?? null),
      instances: physicalFunction === null ? parts : [],
    };
  });
}

/**
 * The functions that match by class, with their virtual functions, and those without a class whose
 * ids are an accelerator's.
 */
function acceleratorsAmong(functions: readonly PciDevice[]): PciDevice[] {
  const matching = new Set(matchingAccelerators(functions, acceleratorPatterns));
  return functions.filter(
    (each) =>
      matching.has(each) ||
      (each.class === "" &&
        each.physicalFunction === null &&
        acceleratorModel(each.vendor, each.device) !== null),
  );
}

/** The network controllers, and functions with a network interface directly below them. */
function readNics(pci: readonly NamedPci[], devices: ReadonlyMap<string, NodeDevice>): NicParts[] {
  const belowOf = childrenByParent(devices);
  const matching = new Set(
    matchingDevices(
      pci.map(({ device }) => device),
      nicPatterns,
    ),
  );
  return pci.flatMap(({ name, device }) => {
    const interfaces = (name === null ? [] : (belowOf.get(name) ?? [])).flatMap((below) => {
      const net = below.capabilities.get("net");
      return net === undefined ? [] : [net];
    });
    const isNic =
      matching.has(device) || (interfaces.length > 0 && device.physicalFunction === null);
    if (!isNic) return [];
    const names = interfaces.flatMap((net) => textAt(net, "interface") ?? []).toSorted();
    const features = interfaces.flatMap((net) => childrenNamed(net, "feature"));
    // A missing feature means no RDMA, or a libvirt before 1.2.14, or no driver: then the ids tell.
    const isTold = features.some((feature) => attribute(feature, "name") === "rdma");
    const rdma = isTold ? true : rdmaById(device);
    return [{ address: device.address, name: names[0] ?? null, rdma, ports: portsOf(interfaces) }];
  });
}

/** The ports behind a NIC's interfaces; null where they tell no more than its name. */
function portsOf(interfaces: readonly XmlElement[]): readonly NicPort[] | null {
  const ports = interfaces.map((net): NicPort => {
    const link = child(net, "link");
    // Megabits a second; absent where the link is down.
    const speed = link === null ? null : readCount(attribute(link, "speed"));
    const isKnown = speed !== null && speed > 0 && speed < 1e8;
    return {
      name: textAt(net, "interface")?.slice(0, 64) ?? null,
      port: null,
      bytesPerSecond: isKnown ? speed * 125_000 : null,
      guid: null,
    };
  });
  const tellsMore = ports.length > 1 || ports.some((port) => port.bytesPerSecond !== null);
  return tellsMore ? ports.toSorted((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1)) : null;
}

function readMachine(devices: ReadonlyMap<string, NodeDevice>): Partial<Machine> {
  const system = [...devices.values()].flatMap(
    ({ capabilities }) => capabilities.get("system") ?? [],
  )[0];
  if (system === undefined) return {};
  const hardware = child(system, "hardware");
  return {
    vendor: meaningful(hardware === null ? null : textAt(hardware, "vendor")),
    product: meaningful(textAt(system, "product")),
  };
}

function nodesOf(functions: readonly PciDevice[]): NodeParts[] {
  const ids = new Set(functions.flatMap(({ node }) => node ?? []));
  return [...ids].map((id) => {
    return { id, cpus: null, memoryBytes: null, kind: null, hugepages: null };
  });
}
