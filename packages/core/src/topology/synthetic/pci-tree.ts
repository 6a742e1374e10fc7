import { invariant } from "../../invariant.ts";
import { deviceModel, type DeviceModel } from "../device-models.ts";
import type { PciDevice, PcieLink } from "../topology.ts";
import type { BusPlace } from "./bus-layout.ts";
import { type Described, impossible } from "./fault.ts";
import type { PciNode, SyntheticDevice, SyntheticMachine, SyntheticSwitch } from "./machine.ts";
import { PARTS_MAX, profilesOf } from "./parts.ts";
import { unknownSettings } from "../unknown-settings.ts";

/** A built function, with the key of its IOMMU group and its written device. */
export interface MadeFunction {
  readonly pci: Omit<PciDevice, "iommuGroup">;
  readonly group: string;
  readonly device: SyntheticDevice | null;
  readonly model: DeviceModel | null;
  /** The device and profile of a virtual function; null for other functions. */
  readonly part: MadePart | null;
}

export interface MadePart {
  readonly of: { readonly device: SyntheticDevice; readonly model: DeviceModel | null };
  readonly profile: string | null;
}

/** A function's own fields; the others follow from its place. */
type Own = Pick<PciDevice, "class" | "vendor" | "device" | "driver" | "link" | "barBytes">;

/** The buses of one host bridge while functions are added. */
interface Filling {
  readonly described: Described;
  readonly domain: number;
  readonly root: string;
  readonly node: number | null;
  readonly made: MadeFunction[];
  nextBus: number;
}

/**
 * A bus: the bridge above it, its first device number, and the IOMMU group that everything on it
 * shares, if any.
 */
interface Bus {
  readonly number: number;
  readonly parent: string | null;
  readonly firstSlot: number;
  readonly group: string | null;
}

/** Builds every function below a host bridge, depth first; `buildPci` documents the numbering. */
export function functionsBelow(
  described: Described,
  { domain, bus }: BusPlace,
  node: number | null,
  things: readonly PciNode[],
): MadeFunction[] {
  const root = `pci${hex(domain, 4)}:${hex(bus, 2)}`;
  const filling: Filling = { described, domain, root, node, made: [], nextBus: bus + 1 };
  const port = rootPortOf(described.machine.machine);
  fill(filling, { number: bus, parent: null, firstSlot: 1, group: null }, things, port);
  return filling.made;
}

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, "0");

function add(
  { domain, root, node, made }: Filling,
  bus: Bus,
  at: { readonly slot: number; readonly function: number; readonly group: string | null },
  own: Own,
  written: Partial<Pick<MadeFunction, "device" | "model" | "part">> = {},
  physicalFunction: string | null = null,
): string {
  const address = `${hex(domain, 4)}:${hex(bus.number, 2)}:${hex(at.slot, 2)}.${at.function}`;
  const pci = {
    ...own,
    address,
    parent: bus.parent,
    root,
    node,
    physicalFunction,
    ...unknownSettings,
    hostUse: written.device?.hostUse ?? null,
  };
  const group = bus.group ?? at.group ?? address;
  made.push({ pci, group, device: null, model: null, part: null, ...written });
  return address;
}

/** Puts devices and switches on a bus, each below its own port, except integrated devices. */
function fill(
  filling: Filling,
  bus: Bus,
  things: readonly PciNode[],
  port: Pick<PciDevice, "vendor" | "device">,
): void {
  let slot = bus.firstSlot;
  for (const thing of things.flatMap((one) => Array<PciNode>(one.count).fill(one))) {
    if (slot > 31) {
      const message = "one bus has more devices than slots";
      const expected = "at most 31 below a host bridge and 32 below a switch";
      throw impossible(filling.described, "root", message, expected);
    }
    if (thing.kind !== "switch" && thing.integrated) {
      addDevice(filling, bus, slot++, thing);
      continue;
    }
    // Both ends of a link train to the same speed and width.
    const link =
      thing.kind === "switch" ? linkOf(thing, switchModel(thing)) : linkOf(thing, modelOf(thing));
    const parent = add(
      filling,
      bus,
      { slot: slot++, function: 0, group: null },
      bridge(port, link),
    );
    const inner = { number: filling.nextBus++, parent, firstSlot: 0, group: bus.group };
    if (thing.kind === "switch") addSwitch(filling, inner, thing);
    else addDevice(filling, inner, 0, thing);
  }
}

function bridge(
  { vendor, device }: Pick<PciDevice, "vendor" | "device">,
  link: PcieLink | null,
): Own {
  return { vendor, device, class: "060400", driver: "pcieport", link, barBytes: [] };
}

/**
 * Adds a switch: its upstream port, a bus inside it, and a downstream port for each thing below.
 */
function addSwitch(filling: Filling, bus: Bus, part: SyntheticSwitch): void {
  const model = switchModel(part);
  const own = bridge(model, linkOf(part, model));
  const parent = add(filling, bus, { slot: 0, function: 0, group: null }, own);
  const group = bus.group ?? (part.acs ? null : `below ${parent}`);
  const inner = { number: filling.nextBus++, parent, firstSlot: 0, group };
  fill(filling, inner, part.below, model);
}

function addDevice(filling: Filling, bus: Bus, slot: number, device: SyntheticDevice): void {
  const model = modelOf(device);
  const own = ownFields(device, model);
  const label = device.group === null ? null : `group ${device.group}`;
  const written = { device, model };
  const first = add(filling, bus, { slot, function: 0, group: label }, own, written);
  for (const [i, key] of device.companions.entries()) {
    const companion = deviceModel(key);
    invariant(companion !== null, `"${key}" was read as a model`);
    const { class: code, device: id, barBytes } = companion;
    const fields = { ...own, class: code, device: id, barBytes, driver: null };
    add(filling, bus, { slot, function: i + 1, group: label ?? first }, fields);
  }
  addVirtual(filling, bus, first, own, { device, model });
}

/** The position of NVIDIA's first virtual function. */
const firstVirtual = 4;

/**
 * Adds virtual functions on the bus of their device, numbered through device and function numbers
 * alike (PCI Express: alternative routing id), so no other device can be on the bus.
 */
function addVirtual(
  filling: Filling,
  bus: Bus,
  physical: string,
  own: Own,
  of: MadePart["of"],
): void {
  const { functions, companions, integrated } = of.device;
  const profiles = profilesOf(functions);
  if (profiles.length === 0) return;
  if (integrated || companions.length >= firstVirtual || profiles.length > PARTS_MAX) {
    const message = "these virtual functions do not fit on the bus";
    const expected = `at most ${PARTS_MAX} per device, on a port of its own, with at most 3 companions`;
    throw impossible(filling.described, "root", message, expected);
  }
  const fields = { ...own, driver: null, link: null, barBytes: null };
  for (const [i, profile] of profiles.entries()) {
    const place = firstVirtual + i;
    const at = { slot: place >> 3, function: place & 7, group: null };
    add(filling, bus, at, fields, { part: { of, profile } }, physical);
  }
}

function modelOf({ model }: SyntheticDevice): DeviceModel | null {
  return model === null ? null : deviceModel(model);
}

function switchModel({ model }: SyntheticSwitch): DeviceModel {
  const found = deviceModel(model ?? "pex890xx");
  invariant(found !== null, `"${model}" was read as a model`);
  return found;
}

function linkOf(
  { link }: Pick<SyntheticDevice, "link">,
  model: DeviceModel | null,
): PcieLink | null {
  if (link === "unknown") return null;
  if (link !== null) return link;
  if (model === null || model.link === null) return null;
  const { speedGTs, width } = model.link;
  return { speedGTs, width, maxSpeedGTs: speedGTs, maxWidth: width };
}

function ownFields(device: SyntheticDevice, model: DeviceModel | null): Own {
  const id = device.id ?? model;
  const code = device.class ?? model?.class;
  invariant(id !== null && code !== undefined, "a device without a model has an id and a class");
  const bars = device.barBytes ?? model?.barBytes ?? null;
  return {
    class: code,
    vendor: id.vendor,
    device: id.device,
    driver: device.driver,
    link: linkOf(device, model),
    barBytes: bars === "unknown" ? null : bars,
  };
}

/**
 * The root ports of a machine's processors: those of Sapphire Rapids, EPYC since Rome, or Grace;
 * any other machine gets the first. https://admin.pci-ids.ucw.cz/read/PC
 */
function rootPortOf({ cpuModel, architecture }: SyntheticMachine["machine"]): {
  readonly vendor: string;
  readonly device: string;
} {
  if (cpuModel !== null && /\b(AMD|EPYC)\b/i.test(cpuModel))
    return { vendor: "1022", device: "1483" };
  if (architecture === "aarch64") return { vendor: "10de", device: "22b1" };
  return { vendor: "8086", device: "352a" };
}
