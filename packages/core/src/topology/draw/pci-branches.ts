import { comparePciAddresses } from "../pci-address.ts";
import { isStandIn } from "../stand-in.ts";
import type { PciDevice, Topology, UnnumberedNode } from "../topology.ts";
import { portNames, portSpeedsText } from "../nic-ports.ts";
import {
  numbersByAddress,
  profilesText,
  virtualAccelerators,
  wholeAccelerators,
} from "../virtual-functions.ts";
import { linkLine, listOf, shortList } from "./describe.ts";
import { type Line, line, span, wrapped } from "./line.ts";
import type { Scene } from "./scene.ts";

/**
 * The part of the PCI tree that matters for placement: host bridges, switches, and the accelerators
 * and NICs below them. Ports are left out, since each device has its own, and so are all other
 * functions, of which real machines have hundreds. A drawing of all has every function and port.
 */
export interface Forest {
  readonly place: Place;
  readonly roots: readonly Branch[];
}

/** The node that devices are on, by its number where that is known; null where nothing is. */
export type Place = number | UnnumberedNode | null;

/** A host bridge or a switch, with what is below it by address. */
export interface Branch {
  readonly kind: "branch";
  readonly label: string;
  readonly below: readonly (Branch | Leaf)[];
}

/** An accelerator or a NIC; in a drawing of all, any function that nothing is below. */
export interface Leaf {
  readonly kind: "leaf";
  readonly device: PciDevice;
}

interface Growing {
  readonly id: string;
  readonly place: Place;
  readonly below: (Growing | Leaf)[];
}

/**
 * The trees of a topology, those of one node together: nodes ascending, then those without a
 * number, and the devices of which nothing is known last.
 */
export function pciForests({ topology, all }: Pick<Scene, "topology" | "all">): Forest[] {
  const short = shortener(topology);
  const roots = rootsOf(topology, all);
  const used = new Set(roots.map(({ place }) => place));
  const numbers = [...used].filter((place) => typeof place === "number");
  const places: readonly Place[] = [
    ...numbers.toSorted((a, b) => a - b),
    ...topology.unnumberedNodes,
    null,
  ];
  return places
    .filter((place) => used.has(place))
    .map((place) => ({
      place,
      roots: roots.filter((root) => root.place === place).map((root) => grown(root, short)),
    }));
}

/** What is known of the node of the devices, in the box of those whose nodes have no numbers. */
export function placeLine(place: Place): Line {
  if (place === null || typeof place === "number") return [];
  const { devices, cpus } = place;
  const shared = devices.length > 1;
  const list = cpus === null ? "" : ` CPUs ${shortList(cpus)}`;
  if (!shared) return line(span(`its node has${list}`, "faint"));
  return line(span(`these share a node${list === "" ? "" : ` with${list}`}`, "faint"));
}

function placesOf(topology: Topology): (device: PciDevice) => Place {
  const unnumbered = new Map<string, Place>(
    topology.unnumberedNodes.flatMap((node) => node.devices.map((address) => [address, node])),
  );
  return ({ address, node }) => node ?? unnumbered.get(address) ?? null;
}

/**
 * An address as people read it: without the first domain, as lspci shows it, and `?` for a
 * stand-in.
 */
export function shortener({ pci }: Topology): (address: string) => string {
  const only = pci.every(({ address }) => address.startsWith("0000:"));
  return (address) => {
    if (isStandIn(address)) return "?";
    return only ? address.replace(/^0000:/, "") : address;
  };
}

/**
 * The functions that are drawn: accelerators and NICs, beside which parts of accelerators are
 * listed; or all that no other function is below.
 */
export function shownAddresses(topology: Topology, all: boolean): ReadonlySet<string> {
  const { pci } = topology;
  const devices = [...wholeAccelerators(topology), ...topology.nics];
  if (!all) return new Set(devices.map(({ address }) => address));
  const above = new Set(pci.map(({ parent }) => parent));
  return new Set(pci.flatMap(({ address }) => (above.has(address) ? [] : [address])));
}

/** The host bridges with what is shown below them, once for each node that devices there have. */
function rootsOf(topology: Topology, all: boolean): Growing[] {
  const { pci } = topology;
  const shown = shownAddresses(topology, all);
  const byAddress = new Map(pci.map((device) => [device.address, device]));
  const placeOf = placesOf(topology);
  const roots: Growing[] = [];
  const known = new Map<Place, Map<string, Growing>>();
  for (const device of pci) {
    if (!shown.has(device.address)) continue;
    const place = placeOf(device);
    const id = device.root.replace(/^pci/, "");
    const beside = known.get(place) ?? new Map<string, Growing>();
    known.set(place, beside);
    const root = beside.get(id) ?? { id, place, below: [] };
    if (!beside.has(id)) roots.push(root);
    beside.set(id, root);
    let branch = root;
    for (const upstream of bridgesAbove(device, byAddress, all)) {
      const old = branch.below.find((child) => "id" in child && child.id === upstream);
      const next = old !== undefined && "id" in old ? old : { id: upstream, place, below: [] };
      if (next !== old) branch.below.push(next);
      branch = next;
    }
    branch.below.push({ kind: "leaf", device });
  }
  return roots;
}

/**
 * The upstream ports above a device, outermost first: bridges that have a bridge both above and
 * below them on the way alternate as upstream and downstream ports, beginning below the root port.
 * All ports where all are drawn.
 */
function bridgesAbove(
  device: PciDevice,
  byAddress: ReadonlyMap<string, PciDevice>,
  all: boolean,
): string[] {
  const above = new Set<string>();
  for (let at = device.parent; at !== null; at = byAddress.get(at)?.parent ?? null) {
    if (above.has(at) || above.size === depthMax) break;
    above.add(at);
  }
  return [...above].toReversed().filter((_, i) => all || i % 2 === 1);
}

/** A domain has 256 buses, and every bridge leads to one of its own: no real path is longer. */
const depthMax = 256;

function grown({ id, below }: Growing, short: (address: string) => string): Branch {
  const children = below.map((child): Branch | Leaf =>
    "id" in child ? grown(child, short) : child,
  );
  return {
    kind: "branch",
    label: short(id),
    below: children.toSorted((a, b) => comparePciAddresses(firstOf(a), firstOf(b))),
  };
}

function firstOf(item: Branch | Leaf): string {
  if (item.kind === "leaf") return item.device.address;
  const [first] = item.below.map(firstOf);
  return first ?? "";
}

/** The name of a device: an accelerator with its number and model, a NIC, or another function. */
export interface DeviceName {
  readonly kind: "accelerator" | "nic" | "function";
  /** `GPU0`, `NIC`, `NVMe`. */
  readonly label: string;
  /** `H100 SXM5 80GB`, `mlx5_0 RDMA`; PCI ids where nobody knows better. */
  readonly name: Line;
}

/** Looks numbers and names up once. */
export function deviceNames(topology: Topology): (device: PciDevice) => DeviceName {
  const accelerators = wholeAccelerators(topology);
  const numbers = numbersByAddress(topology);
  const byAddress = new Map(accelerators.map((one) => [one.address, one]));
  const nics = new Map(topology.nics.map((nic) => [nic.address, nic]));
  const parts = new Set(topology.accelerators.map(({ address }) => address));
  return (device) => {
    const { vendor, device: id } = device;
    const ids =
      vendor === null
        ? "model unknown"
        : id === null
          ? `${vendor}, model unknown`
          : `${vendor}:${id}`;
    const accelerator = byAddress.get(device.address);
    if (accelerator !== undefined) {
      const { model, profile } = accelerator;
      const name = model === null ? span(ids, "unknown") : span(model, "accelerator");
      const part = profile === null ? [] : [span(` (${profile})`)];
      const label = `GPU${numbers.get(device.address)}`;
      return { kind: "accelerator", label, name: [name, ...part] };
    }
    const nic = nics.get(device.address);
    if (nic === undefined) {
      const idsSpan = span(ids, vendor === null || id === null ? "unknown" : "plain");
      return { kind: "function", label: functionLabel(device, parts), name: [idsSpan] };
    }
    const rdma = nic.rdma === true ? [span(" RDMA")] : [];
    const speeds = portSpeedsText(nic.ports ?? []);
    const name = portNames(nic.ports ?? []) ?? nic.name;
    const shown = name === null ? span(ids, "unknown") : span(name, "nic");
    return {
      kind: "nic",
      label: "NIC",
      name: [shown, ...rdma, ...(speeds === "" ? [] : [span(` ${speeds}`)])],
    };
  };
}

/** What a function is in a word, by its PCI class; https://pci-ids.ucw.cz/read/PD */
function functionLabel(
  { address, class: code, vendor, physicalFunction }: PciDevice,
  parts: ReadonlySet<string>,
): string {
  if (physicalFunction !== null) return parts.has(address) ? "GPU VF" : "VF";
  if (code.startsWith("0680") && vendor === "10de") return "NVSwitch";
  const known = classLabels.find(([beginning]) => code.startsWith(beginning));
  return known === undefined ? "PCI" : known[1];
}

/** The longest beginnings first. */
const classLabels: readonly (readonly [string, string])[] = [
  ["0104", "RAID"],
  ["0106", "SATA"],
  ["0107", "SAS"],
  ["0108", "NVMe"],
  ["01", "disk"],
  ["0207", "IB"],
  ["02", "net"],
  ["03", "display"],
  ["0403", "audio"],
  ["05", "memory"],
  ["0600", "host"],
  ["0601", "ISA"],
  ["0604", "port"],
  ["06", "bridge"],
  ["07", "serial"],
  ["0806", "IOMMU"],
  ["08", "system"],
  ["0c03", "USB"],
  ["0c05", "SMBus"],
  ["0c", "bus"],
  ["10", "crypto"],
  ["11", "signals"],
  ["12", "accel"],
];

/**
 * What accelerators have beside their link: NVLink-C2C, and their parts, which are virtual
 * functions with their vGPU types, and parts that are no functions, such as MIG instances.
 */
export function partNotes(topology: Topology): (address: string) => Line {
  const virtual = virtualAccelerators(topology);
  const whole = new Map(topology.accelerators.map((one) => [one.address, one]));
  return (address) => {
    const parts = virtual.get(address) ?? [];
    const { instances = [], migEnabled = null, c2c = null } = whole.get(address) ?? {};
    const direct = c2c === true ? [span(" C2C", "accelerator")] : [];
    const set = parts.filter(({ profile }) => profile !== null);
    const types = set.length === 0 ? "" : `: ${profilesText(set, "")}`;
    const cut = profilesText(instances, "of unknown profile");
    const texts = [
      parts.length === 0 ? "" : `${parts.length} VF${types}`,
      instances.length === 0 ? "" : `${migEnabled === true ? "MIG" : "mdev"} ${cut}`,
    ].filter((text) => text !== "");
    if (texts.length === 0) return [...direct, ...(migEnabled === true ? line(" MIG on") : [])];
    return [...direct, span(` cut into ${texts.join(", ")}`, "accelerator")];
  };
}

/** A device's link. That of other functions is no news where nobody told: many have none. */
export function deviceLinkLine({ link }: PciDevice, kind: DeviceName["kind"]): Line {
  return kind === "function" && link === null ? [] : linkLine(link);
}

const hostUses = {
  display: "the host's display",
  "boot-disk": "the host's boot disk",
  "default-route": "the host's default route",
} as const;

/** What the host itself needs a device for: it is sold only if the policy names it. */
export function hostUseNote({ hostUse }: PciDevice): Line {
  return hostUse === null ? [] : [span(` ${hostUses[hostUse]}`, "warning")];
}

/**
 * What the host needs of some functions, by default those that are in no tree, such as the
 * controller of its boot disk: each with its address, and its node where that is known.
 */
export function hostUseLines(topology: Topology, among = apart(topology, false)): Line[] {
  const short = shortener(topology);
  return among.flatMap(({ address, hostUse, node }) => {
    if (hostUse === null) return [];
    const on = node === null ? "" : ` on node ${node}`;
    return [[span(hostUses[hostUse], "warning"), span(` ${short(address)}${on}`)]];
  });
}

/** The functions other than bridges that no tree shows, in itself or as a part. */
function apart(topology: Topology, all: boolean): readonly PciDevice[] {
  if (all) return [];
  const shown = shownAddresses(topology, all);
  const parts = new Set(topology.accelerators.map(({ address }) => address));
  return topology.pci.filter(
    ({ address, class: code }) =>
      !code.startsWith("06") && !shown.has(address) && !parts.has(address),
  );
}

/** The other functions of its IOMMU group that are no bridges: they are passed through with it. */
export function groupNote(
  { pci }: Topology,
  device: PciDevice,
  short: (address: string) => string,
): Line {
  if (device.iommuGroup === null) return [];
  const others = pci.filter(
    (other) =>
      other.iommuGroup === device.iommuGroup &&
      other.address !== device.address &&
      !other.class.startsWith("0604"),
  );
  if (others.length === 0) return [];
  const shown =
    others.length <= 2 ? others.map((other) => short(other.address)).join(" ") : others.length;
  return line(span(` with ${shown}`, "warning"));
}

/**
 * Marks a device whose switch port sends traffic to its neighbors up to the root complex: then they
 * are farther apart than they are drawn. The warnings explain it.
 */
export function redirectNote(port: PciDevice | undefined): Line {
  const redirects = port !== undefined && port.parent !== null && port.acsRedirect === true;
  return redirects ? line(span(" ACS", "faint")) : [];
}

/**
 * The last lines of a drawing, with or without trees: what the host needs besides, and how many
 * functions are left out.
 */
export function restLines(
  { topology, all }: Pick<Scene, "topology" | "all">,
  width: number,
  hasTrees = true,
): Line[] {
  const others = apart(topology, all && hasTrees);
  const hidden = others.filter(({ hostUse }) => hostUse === null).length;
  const count = `${hidden} other PCI function${hidden === 1 ? "" : "s"} not shown`;
  return [
    ...wrapped(hostUseLines(topology, hasTrees ? others : topology.pci), " · ", width),
    ...(hidden === 0 ? [] : [line(span(count, "faint"))]),
  ];
}

/** The ordinals of accelerators, as `GPU0-3,7`. */
export function acceleratorNames(ordinals: Iterable<number>): string {
  return `GPU${listOf(ordinals)}`;
}
