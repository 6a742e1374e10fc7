import { formatQuantity } from "../../unit/bytes.ts";
import { pcieSpeedsGTs } from "../pcie-rate.ts";
import type { PcieLink } from "../topology.ts";
import type {
  Distances,
  ExtraNodes,
  PciNode,
  Roots,
  SyntheticAccess,
  SyntheticDevice,
  SyntheticMachine,
  SyntheticPartition,
  SyntheticPool,
} from "./machine.ts";
import { migText, partsText } from "./parts.ts";
import { printTerms, type Term } from "./term.ts";

/**
 * Prints a machine in the synthetic language, in one line and one canonical order: levels, CPUs,
 * memory, distances, access, PCI, links, identity. Defaults are left out. Parsing the line gives
 * the same machine back.
 */
export function printSynthetic(machine: SyntheticMachine): string {
  return printTerms([
    ...machine.levels.map(({ level, count }) => termOf(level, orUnknown(count))),
    ...machine.uneven.map(({ level, count, nodes }) => termOf(level, count, { nodes })),
    ...given("numbering", machine.numbering === "split" ? null : machine.numbering),
    ...given("offline", machine.offlineCpus === "" ? null : machine.offlineCpus),
    ...given("classes", machine.classes.length === 0 ? null : machine.classes.join(";")),
    ...given("ids", machine.nodeIds),
    ...machine.memory.map(({ value, nodes }) =>
      termOf("memory", value === null ? "?" : formatQuantity(value), { nodes }),
    ),
    ...machine.hugepages.map(({ value, nodes }) =>
      termOf("hugepages", poolsText(value), { nodes }),
    ),
    ...machine.extraNodes.map(extraNodesTerm),
    ...given("distances", machine.distances === null ? null : distancesText(machine.distances)),
    ...machine.access.map(accessTerm),
    ...machine.roots.map(rootsTerm),
    ...given("iommu", machine.iommu ? null : "off"),
    ...given("modules", machine.modules.length === 0 ? null : machine.modules.join(",")),
    ...machine.links.map(({ kind, lanes, among }) =>
      termOf(kind, orUnknown(lanes), {
        attributes: given("among", among.length === 0 ? null : among.join(";")),
      }),
    ),
    ...partitionTerms(machine.partitions),
    ...identityTerms(machine.machine),
  ]);
}

const orUnknown = (value: string | number | null): string => (value === null ? "?" : `${value}`);

/** A term from the parts that it has. */
function termOf(
  key: string,
  value: string | number | null,
  parts: {
    readonly attributes?: readonly Term[];
    readonly count?: number;
    readonly children?: readonly Term[];
    readonly nodes?: string | null;
    readonly quoted?: boolean;
  } = {},
): Term {
  const { attributes = [], count = 1, children = null, nodes = null, quoted = false } = parts;
  return {
    key,
    value: value === null ? null : { text: `${value}`, quoted, at: 0 },
    attributes,
    count: count === 1 ? null : count,
    children,
    nodes: nodes === null ? null : { text: nodes, quoted: false, at: 0 },
    at: 0,
  };
}

/** A term for a value; none for null. */
function given(key: string, value: string | number | null): Term[] {
  return value === null ? [] : [termOf(key, value)];
}

/** Like `given`, for a user's text: quoted unless it is a plain word. */
function givenText(key: string, text: string | null): Term[] {
  if (text === null) return [];
  return [termOf(key, text, { quoted: !/^[A-Za-z0-9._-]+$/.test(text) })];
}

/** Like `givenText`, for lists of profiles, whose names may contain blanks. */
function givenParts(key: string, text: string | null): Term[] {
  if (text === null) return [];
  return [termOf(key, text, { quoted: !/^[A-Za-z0-9._,-]+$/.test(text) })];
}

function poolsText(pools: readonly SyntheticPool[]): string {
  if (pools.length === 0) return "none";
  const texts = pools.map(({ sizeBytes, total, free }) => {
    const text = `${total}x${formatQuantity(sizeBytes)}`;
    return free === total ? text : `${orUnknown(free)}/${text}`;
  });
  return texts.join(",");
}

function extraNodesTerm({ kind, memoryBytes, distance, count, nodes }: ExtraNodes): Term {
  return termOf(kind === "gpu" ? "gpumem" : kind, formatQuantity(memoryBytes), {
    attributes: given("distance", distance),
    count,
    nodes,
  });
}

function distancesText(distances: Distances): string {
  if ("matrix" in distances) return distances.matrix.map((row) => row.join(",")).join(";");
  const { local, near, far } = distances;
  return near === far ? `${local}/${far}` : `${local}/${near}/${far}`;
}

function accessTerm({ readLatencyNs, readBytesPerSecond, targets, nodes }: SyntheticAccess): Term {
  const bandwidth = readBytesPerSecond === null ? null : bandwidthText(readBytesPerSecond);
  return termOf("access", orUnknown(readLatencyNs), {
    attributes: [...given("to", targets), ...given("bandwidth", bandwidth)],
    nodes,
  });
}

/** Firmware counts bandwidth in decimal megabytes. */
function bandwidthText(bytes: number): string {
  if (bytes % 1e9 === 0) return `${bytes / 1e9}G`;
  return bytes % 1e6 === 0 ? `${bytes / 1e6}M` : `${bytes}`;
}

function rootsTerm({ count, nodes, buses, below }: Roots): Term {
  return termOf("root", null, {
    attributes: given("bus", buses.length === 0 ? null : buses.join(",")),
    count,
    children: below.map(pciTerm),
    nodes,
  });
}

function pciTerm(node: PciNode): Term {
  if (node.kind === "switch") {
    return termOf("switch", node.model, {
      attributes: [...given("acs", node.acs ? null : "off"), ...given("link", linkText(node.link))],
      count: node.count,
      children: node.below.map(pciTerm),
    });
  }
  return termOf(node.kind, node.model, { attributes: deviceAttributes(node), count: node.count });
}

function deviceAttributes(device: SyntheticDevice): Term[] {
  const { id, barBytes, companions, integrated, memoryBytes, rdma, functions, mig } = device;
  const bars = barBytes === "unknown" ? "?" : (barBytes?.map(formatQuantity).join(",") ?? null);
  const answer = rdma === null ? null : rdma === "unknown" ? "?" : rdma ? "yes" : "no";
  return [
    ...given("id", id === null ? null : `${id.vendor}:${id.device}`),
    ...given("class", device.class),
    ...given("bars", bars),
    ...given("link", linkText(device.link)),
    ...givenText("driver", device.driver),
    ...given("host", device.hostUse),
    ...givenText("group", device.group),
    ...given("with", companions.length === 0 ? null : companions.join(",")),
    ...given("port", integrated ? "none" : null),
    ...givenText("name", device.name),
    ...given("memory", memoryBytes === null ? null : formatQuantity(memoryBytes)),
    ...given("rdma", answer),
    ...givenParts("functions", functions.length === 0 ? null : partsText(functions)),
    ...givenParts("mig", migText(mig)),
  ];
}

function linkText(link: PcieLink | "unknown" | null): string | null {
  if (link === null) return null;
  if (link === "unknown") return "?";
  const now = rateText(link.speedGTs, link.width);
  const most = rateText(link.maxSpeedGTs, link.maxWidth);
  return now === most ? now : `${now}/${most}`;
}

function rateText(speedGTs: number | null, width: number | null): string {
  if (speedGTs === null && width === null) return "?";
  const generation = speedGTs === null ? "?" : pcieSpeedsGTs.indexOf(speedGTs) + 1;
  return `${generation}x${orUnknown(width)}`;
}

function partitionTerms(partitions: readonly SyntheticPartition[]): Term[] {
  if (partitions.length === 0) return [];
  const sets = partitions.map(({ accelerators }) => accelerators).join(";");
  const unknown = partitions.every(({ active }) => active === null);
  const on = partitions.flatMap(({ active }, id) => (active === true ? [id] : []));
  const active = unknown ? "?" : on.length === 0 ? null : on.join(",");
  return [termOf("partitions", sets, { attributes: given("active", active) })];
}

function identityTerms(machine: SyntheticMachine["machine"]): Term[] {
  const { vendor, product, cpuModel, architecture, pageBytes } = machine;
  const page = pageBytes === null ? "?" : formatQuantity(pageBytes);
  return [
    ...givenText("vendor", vendor),
    ...givenText("product", product),
    ...givenText("cpu", cpuModel),
    ...given("arch", architecture === "x86_64" ? null : orUnknown(architecture)),
    ...given("page", pageBytes === 4096 ? null : page),
  ];
}
