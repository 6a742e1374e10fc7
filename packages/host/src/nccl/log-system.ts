import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { element, type XmlElement } from "@evenkeel/core/xml/element.ts";
import type { LogLink, LogNode, LogTree } from "./log-tree.ts";

/** The networks of a log by their number: `NET/IB : Using [0]mlx5_0:1/RoCE`. */
export type NetNames = ReadonlyMap<number, string>;

/**
 * The topology file that NCCL would have dumped for the topologies that it logged on one host, as
 * far as the log goes: a log has no CPUs of nodes, no widths and speeds of links, and no number of
 * NVLinks. Ranks log the same machine with the devices that their communicator uses, so everything
 * is taken where it occurs first.
 */
export function systemOf(trees: readonly LogTree[], names: NetNames): XmlElement {
  const seen: Seen = { functions: new Map(), networks: new Set(), links: new Set() };
  const cpus = new Map<string, Part>();
  for (const cpu of trees.flatMap((tree) => tree.cpus)) {
    const part = cpus.get(numberOf(cpu)) ?? { element: cpuElement(cpu), inner: [] };
    cpus.set(numberOf(cpu), part);
    for (const link of cpu.links) addBelow(part, link, seen, names);
  }
  return element("system", { version: 1 }, [...cpus.values()].map(whole));
}

/** An element whose children are still to come. */
interface Part {
  readonly element: XmlElement;
  readonly inner: Part[];
}

interface Seen {
  /** By address. */
  readonly functions: Map<string, Part>;
  readonly networks: Set<string>;
  readonly links: Set<string>;
}

function whole({ element: { name, attributes }, inner }: Part): XmlElement {
  return { name, attributes, children: inner.map(whole) };
}

/** All ones where NCCL did not know the node. */
function numberOf({ id }: LogNode): string {
  return /^f{14,16}$/i.test(id) ? "-1" : `${Number.parseInt(id, 16)}`;
}

/** NCCL's own numbers, `CPU/1 (arch/vendor/model)`. */
const architectures: ReadonlyMap<string, string> = new Map([
  ["1", "x86_64"],
  ["2", "ppc64"],
  ["3", "arm64"],
]);

function cpuElement(cpu: LogNode): XmlElement {
  const arch = architectures.get(cpu.detail?.split("/")[0] ?? "");
  return element("cpu", { numaid: numberOf(cpu), ...(arch === undefined ? {} : { arch }) });
}

function addBelow(above: Part, { kind, to }: LogLink, seen: Seen, names: NetNames): void {
  if (kind !== "PCI") return;
  const address = addressOf(to.id);
  // A NIC that is no PCI function has the number 0.
  if (address === null || (to.kind === "NIC" && Number.parseInt(to.id, 16) === 0)) {
    above.inner.push(nicOf(to, seen, names));
    return;
  }
  const known = seen.functions.get(address);
  const part = known ?? { element: pciElement(address, to), inner: [] };
  seen.functions.set(address, part);
  if (known === undefined) above.inner.push(part);
  const isGpu =
    to.kind === "GPU" || to.links.some((link) => link.to.kind === "GPU" && link.kind === "LOC");
  if (isGpu) addGpu(part, address, to, seen);
  else if (to.kind === "NIC") addNic(part, to, seen, names);
  else for (const link of to.links) addBelow(part, link, seen, names);
}

const classes: ReadonlyMap<LogNode["kind"], string> = new Map([
  ["PCI", "0x060400"],
  ["NIC", "0x02"],
]);

/** `PCI/1000 (1000c0101000ffff)` has vendor, device and the subsystem's, four digits each. */
function pciElement(address: string, { kind, detail }: LogNode): XmlElement {
  const ids =
    (kind === "PCI" || kind === "DEV") && /^[0-9a-fA-F]{13,16}$/.test(detail ?? "")
      ? (detail ?? "").padStart(16, "0")
      : null;
  return element("pci", {
    busid: address,
    class: classes.get(kind) ?? "0x03",
    ...(ids === null ? {} : { vendor: `0x${ids.slice(0, 4)}`, device: `0x${ids.slice(4, 8)}` }),
  });
}

function addGpu(part: Part, address: string, { links }: LogNode, seen: Seen): void {
  const gpu = part.inner.find((inner) => inner.element.name === "gpu") ?? {
    element: element("gpu"),
    inner: [],
  };
  if (!part.inner.includes(gpu)) part.inner.push(gpu);
  for (const link of links) {
    const inner = linkElement(link);
    const key = `${address} ${inner?.name} ${inner?.attributes.get("target")}`;
    if (inner === null || seen.links.has(key)) continue;
    seen.links.add(key);
    gpu.inner.push({ element: inner, inner: [] });
  }
}

/** The link as in a file, which has no `count` here: a log tells bandwidths only. */
function linkElement({ kind, to }: LogLink): XmlElement | null {
  if (kind === "C2C") return element("c2c");
  if (kind !== "NVL" && kind !== "XGMI") return null;
  const name = kind === "NVL" ? "nvlink" : "xgmi";
  if (to.kind === "NVS") return element(name, { target: "fffffff:ff:ff.0", tclass: "0x068000" });
  const target = to.kind === "GPU" || to.kind === "DEV" ? addressOf(to.id) : null;
  return target === null ? null : element(name, { target, tclass: "0x030000" });
}

function addNic(part: Part, nic: LogNode, seen: Seen, names: NetNames): void {
  const known = part.inner.find((inner) => inner.element.name === "nic");
  const { inner } = nicOf(nic, seen, names);
  if (known === undefined) part.inner.push({ element: element("nic"), inner });
  else known.inner.push(...inner);
}

function nicOf(nic: LogNode, seen: Seen, names: NetNames): Part {
  const inner = nic.links.flatMap(({ to }): Part[] => {
    if (to.kind !== "NET" || seen.networks.has(to.id)) return [];
    seen.networks.add(to.id);
    return [{ element: netElement(to, names), inner: [] }];
  });
  return { element: element("nic"), inner };
}

/**
 * `NET/1 (guid/port/GB/s)`, since 2.19 with a flag before them. A network over sockets has port 0,
 * and its number in place of the card's id.
 */
function netElement({ id, detail }: LogNode, names: NetNames): XmlElement {
  const [rate = "", port = "", guid = ""] = (detail ?? "").split("/").toReversed();
  const gigabytes = /^\d{1,6}(?:\.\d{1,9})?$/.test(rate) ? Number(rate) : 0;
  const name = names.get(Number.parseInt(id, 16));
  const isCard = /^\d{1,5}$/.test(port) && Number(port) > 0;
  return element("net", {
    ...(name === undefined ? {} : { name }),
    dev: Number.parseInt(id, 16),
    ...(gigabytes > 0 ? { speed: Math.round(gigabytes * megabitsPerGigabyte) } : {}),
    ...(isCard ? { port } : {}),
    ...(isCard && /^[0-9a-fA-F]{1,16}$/.test(guid) ? { guid: `0x${guid.toLowerCase()}` } : {}),
  });
}

/** NCCL divides megabits a second by 8000 to get gigabytes. */
const megabitsPerGigabyte = 8000;

/**
 * The address in NCCL's number of a PCI function, which is the address without its punctuation:
 * `81000` is 0000:81:00.0, `118000` is 0001:18:00.0.
 */
export function addressOf(id: string): string | null {
  const digits = id.padStart(9, "0");
  const [domain, bus, slot, fn] = [
    digits.slice(0, -5),
    digits.slice(-5, -3),
    digits.slice(-3, -1),
    digits.slice(-1),
  ];
  return normalPciAddress(`${domain}:${bus}:${slot}.${fn}`);
}
