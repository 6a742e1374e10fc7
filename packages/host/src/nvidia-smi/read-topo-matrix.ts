import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { buildTopology } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import { standInAddress, standInRoot } from "@evenkeel/core/topology/stand-in.ts";
import type {
  Link,
  PciDevice,
  StatedInterconnect,
  Topology,
} from "@evenkeel/core/topology/topology.ts";
import { ignore, type Note, noteLeftovers } from "../text/note.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { baseName } from "./base-name.ts";
import { acceleratorOf, type GpuFacts, nothingKnown, pciDevice } from "./gpu-facts.ts";
import { knownGpus } from "./known-gpus.ts";
import { pciGroups, type PciGroups } from "./pci-groups.ts";
import { peerAccess, peerMatrices } from "./peer-matrices.ts";
import { plainLines } from "./terminal-text.ts";
import { readTopoMatrix, type TopoDevice, type TopoMatrix } from "./topo-matrix.ts";
import { topoNodes } from "./topo-nodes.ts";
import { unknownSettings } from "@evenkeel/core/topology/unknown-settings.ts";

/**
 * Reads the machine from the output of `nvidia-smi topo -m`, of any version and wherever it was
 * pasted: GPUs and NICs, their nodes with the CPUs near them, and the interconnect class of each
 * pair.
 *
 * The matrix has no PCI addresses, so devices get stand-in addresses: GPUs by their number, NICs by
 * the order of their columns. Bridges are stand-ins too, as many as `interconnects` needs to give
 * the classes in the text. A class that no tree and nodes can give, such as SYS between two devices
 * of one node or of an `N/A` node, is kept as stated, and one that is in no row is stated to be
 * unknown, so that `interconnects` gives back what the text has. There are no cores and no memory.
 * Addresses, models and memory of GPUs are those of the lists, tables and queries beside the matrix
 * (`knownGpus`); a GPU that only these have is on a root of its own.
 *
 * `note` says what the text lacks, and what else it has.
 *
 * Errors: those of `readTopoMatrix`; `file-too-large`; `topology-inconsistent` where a NIC has
 * NVLink.
 */
export function readNvidiaSmiTopo(text: string, where: string, note: Note = ignore): Topology {
  const lines = plainLines(text, where);
  const matrix = readTopoMatrix(lines, where);
  const known = knownGpus(lines);
  const { factsOf, others, missing } = factsOfMatrix(matrix, known.gpus);
  const { nodes, nodeOf, unnumbered, areApart } = topoNodes(matrix);
  const functions = matrix.devices.map((device, i) =>
    functionOf(device, nicsBefore(matrix.devices, i), factsOf.get(i) ?? nothingKnown),
  );
  const addresses = functions.map(({ address }) => address);
  const apart = others.map((gpu, i) => pciDevice(gpu, firstOther + i));
  const topology = buildTopology({
    name: baseName(where),
    source: "nvidia-smi",
    nodes,
    unnumberedNodes: unnumbered.map(({ devices, cpus }) => ({
      devices: devices.map((i) => at(addresses, i)),
      cpus,
    })),
    pci: [...bridgesAndDevices(pciGroups(matrix), nodeOf, functions), ...apart],
    accelerators: [
      ...matrix.devices.flatMap(({ index }, i) => {
        const facts = factsOf.get(i) ?? nothingKnown;
        return index === null ? [] : [acceleratorOf({ ...facts, index }, functions[i])];
      }),
      ...others.map((gpu, i) => acceleratorOf(gpu, apart[i])),
    ],
    nics: matrix.devices.flatMap(({ kind, name }, i) => {
      if (kind !== "nic") return [];
      // The tool lists as NICs only RDMA devices, from /sys/class/infiniband.
      return [{ address: addresses[i] ?? "", name, rdma: name === null ? null : true }];
    }),
    links: linksOf(matrix, addresses, where),
    interconnects: pairsOf(matrix, areApart, addresses),
  });
  noteLeftovers(note, "nvidia-smi", where, {
    missing: [...matrix.missing, ...known.missing, ...missing],
    unused: [...known.unused, ...peerAccess(peerMatrices(lines))],
  });
  return checkedTopology(topology, where);
}

/**
 * The stated classes over PCI Express, and for a pair that stands in no row, that it is unknown. A
 * cell that was cut off, or has a direct link, is SYS between devices that are on two nodes.
 */
function pairsOf(
  matrix: TopoMatrix,
  areApart: (a: number, b: number) => boolean,
  addresses: readonly string[],
): StatedInterconnect[] {
  return [...matrix.devices.keys()].flatMap((b) =>
    [...Array(b).keys()].flatMap((a): StatedInterconnect[] => {
      const hasLink = matrix.classOf(a, b) !== null;
      const hasRow = at(matrix.devices, a).hasRow || at(matrix.devices, b).hasRow;
      const implied = (hasLink || hasRow) && areApart(a, b) ? "SYS" : null;
      const known = matrix.pciClassOf(a, b) ?? implied;
      if (known === null && hasLink) return [];
      return [{ a: at(addresses, a), b: at(addresses, b), class: known }];
    }),
  );
}

interface FactsOfMatrix {
  /** By the position of the matrix's device. */
  readonly factsOf: ReadonlyMap<number, GpuFacts>;
  /** The GPUs that are in no column. */
  readonly others: readonly GpuFacts[];
  readonly missing: readonly string[];
}

/**
 * The facts about each GPU of the matrix, by its number. A query without numbers lists the GPUs in
 * the tool's order, so its n-th is the matrix's n-th if it has as many.
 */
function factsOfMatrix({ devices }: TopoMatrix, gpus: readonly GpuFacts[]): FactsOfMatrix {
  const own = devices.flatMap(({ index }, i) => (index === null ? [] : [{ index, i }]));
  const ordered = gpus.length === own.length && gpus.every(({ index }) => index === null);
  const byIndex = new Map(
    gpus.flatMap((gpu, k) => {
      const index = ordered ? (own[k]?.index ?? null) : gpu.index;
      return index === null ? [] : [[index, gpu] as const];
    }),
  );
  const factsOf = new Map<number, GpuFacts>();
  for (const { index, i } of own) {
    const facts = byIndex.get(index);
    if (facts !== undefined) factsOf.set(i, facts);
  }
  const used = new Set(factsOf.values());
  const unnamed = own.filter(({ i }) => !factsOf.has(i)).map(({ index }) => `GPU${index}`);
  return {
    factsOf,
    others: gpus.filter((gpu) => !used.has(gpu)),
    missing: used.size === 0 || unnamed.length === 0 ? [] : [`the name of ${unnamed.join(", ")}`],
  };
}

function nicsBefore(devices: readonly TopoDevice[], position: number): number {
  return devices.slice(0, position).filter(({ kind }) => kind === "nic").length;
}

/**
 * Stand-in numbers. GPUs have numbers below a thousand; there are at most 512 devices, with at most
 * 3 bridges each.
 */
const firstNic = 1024;
const firstBridge = 2048;
const firstOther = 4096;

function functionOf({ index }: TopoDevice, before: number, facts: GpuFacts): PciDevice {
  if (index !== null) return pciDevice({ ...facts, index }, index);
  return {
    ...unknownFunction,
    address: standInAddress(firstNic + before),
    parent: null,
    root: standInRoot(0),
    class: "02",
    vendor: null,
    node: null,
  };
}

const unknownFunction = {
  device: null,
  iommuGroup: null,
  driver: null,
  link: null,
  barBytes: null,
  physicalFunction: null,
  ...unknownSettings,
} as const;

/**
 * Places the devices below stand-in bridges. Devices PIX apart are below ports of one switch.
 * Devices PXB apart are below ports of switches that are below one more bridge. Other devices are
 * on the root bus.
 */
function bridgesAndDevices(
  { ofSwitch, ofTree, ofRoot }: PciGroups,
  nodeOf: readonly (number | null)[],
  functions: readonly PciDevice[],
): PciDevice[] {
  const found: PciDevice[] = [];
  const roots = [...new Set(ofRoot)];
  const bridge = (parent: string | null, root: string, node: number | null): string => {
    const address = standInAddress(firstBridge + bridges++);
    found.push({ ...unknownFunction, address, parent, root, class: "0604", vendor: null, node });
    return address;
  };
  let bridges = 0;
  const [tops, switches] = [new Map<number, string>(), new Map<number, string>()];
  const membersOf = (groups: readonly number[], group: number): number[] =>
    [...groups.keys()].filter((member) => groups[member] === group);
  for (const [i, device] of functions.entries()) {
    const [ofOne = i, ofAll = i, rootGroup = i] = [ofSwitch[i], ofTree[i], ofRoot[i]];
    const root = standInRoot(roots.indexOf(rootGroup));
    const nodes = new Set(membersOf(ofRoot, rootGroup).map((member) => nodeOf[member] ?? null));
    const node = nodes.size === 1 ? ([...nodes][0] ?? null) : null;
    const tree = membersOf(ofTree, ofAll);
    let parent: string | null = null;
    if (tree.some((member) => ofSwitch[member] !== ofOne)) {
      parent = tops.get(ofAll) ?? bridge(null, root, node);
      tops.set(ofAll, parent);
    }
    if (tree.length > 1) {
      const upstream: string = switches.get(ofOne) ?? bridge(parent, root, node);
      switches.set(ofOne, upstream);
      parent = bridge(upstream, root, node);
    }
    found.push({ ...device, parent, root, node: nodeOf[i] ?? null });
  }
  return found;
}

function linksOf(
  { devices, classOf }: TopoMatrix,
  addresses: readonly string[],
  where: string,
): Link[] {
  return [...devices.keys()].flatMap((a) =>
    [...Array(a).keys()].flatMap((b): Link[] => {
      const stated = classOf(a, b);
      if (stated?.kind !== "nvlink") return [];
      const nic = [devices[a], devices[b]].find((device) => device?.kind === "nic");
      if (nic !== undefined) {
        throw new EvenkeelError("topology-inconsistent", `${nic.label} is a NIC but has NVLink`, {
          where,
          expected: "NV# only between GPUs",
        });
      }
      const [one = "", other = ""] = [addresses[a], addresses[b]];
      return [{ a: one, b: other, kind: "nvlink", lanes: stated.lanes }];
    }),
  );
}
